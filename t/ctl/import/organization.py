"""organization.py [SITES] - an organization in a directory, as LDIF: so many sites
with two mail servers each, in a ring with chords, and Exchange in the first few.
--schema prints what slapd has to know of it."""
import base64, struct, sys

CONF = "CN=Configuration,DC=example,DC=org"
SITES = "CN=Sites," + CONF
IP = "CN=IP,CN=Inter-Site Transports," + SITES
ORG = "CN=Example,CN=Microsoft Exchange,CN=Services," + CONF
ADMIN = "CN=First,CN=Administrative Groups," + ORG
OID = "2.25.128275109223546201433201458311837"

STRING, OCTETS, NUMBER, NAME = (
    "1.3.6.1.4.1.1466.115.121.1.15", "1.3.6.1.4.1.1466.115.121.1.40",
    "1.3.6.1.4.1.1466.115.121.1.27", "1.3.6.1.4.1.1466.115.121.1.12")
ATTRIBUTES = {
    "siteList": NAME, "cost": NUMBER, "msExchCost": NUMBER, "delivContLength": NUMBER,
    "schedule": OCTETS, "options": NUMBER, "siteObject": NAME, "dNSHostName": STRING,
    "bridgeheadTransportList": NAME, "networkAddress": STRING,
    "msExchHomeRoutingGroup": NAME, "msExchServerSite": NAME,
    "msExchCurrentServerRoles": NUMBER, "msExchDestinationRGDN": NAME,
    "msExchTargetBridgeheadServersDN": NAME, "msExchSourceBridgeheadServersDN": NAME,
    "routingList": STRING, "msExchSmtpSmartHost": STRING, "siteLinkList": NAME,
    "authOrig": NAME, "unauthOrig": NAME, "dLMemSubmitPerms": NAME,
    "dLMemRejectPerms": NAME, "activationSchedule": OCTETS, "activationStyle": NUMBER,
    "msExchAcceptedDomainName": STRING, "msExchAcceptedDomainFlags": NUMBER,
    "configurationNamingContext": NAME}
CLASSES = ["container", "site", "siteLink", "siteLinkBridge", "subnet", "server",
           "interSiteTransport", "msExchExchangeServer", "msExchRoutingGroup",
           "msExchRoutingGroupConnector", "msExchRoutingSMTPConnector", "mailGateway",
           "msExchAcceptedDomain"]


def schema():
    for i, (name, syntax) in enumerate(sorted(ATTRIBUTES.items())):
        match = {STRING: " EQUALITY caseIgnoreMatch", NUMBER: " EQUALITY integerMatch",
                 NAME: " EQUALITY distinguishedNameMatch", OCTETS: ""}[syntax]
        print(f"attributetype ( {OID}.1.{i + 1} NAME '{name}'{match} SYNTAX {syntax} )")
    may = " $ ".join(["cn"] + sorted(ATTRIBUTES))
    for i, name in enumerate(CLASSES):
        print(f"objectclass ( {OID}.2.{i + 1} NAME '{name}' SUP top STRUCTURAL MAY ( {may} ) )")


def entry(dn, kind, **values):
    print(f"dn: {dn}\nobjectClass: {kind}\ncn: {dn.split(',')[0][3:]}")
    for key, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bytes):
                print(f"{key}:: {base64.b64encode(one).decode()}")
            else:
                print(f"{key}: {one}")
    print()


def week(is_open):
    """The octets of a schedule, of is_open(day, quarter); Sunday is 0."""
    hours = bytes(sum(8 >> q for q in range(4) if is_open(h // 24, h % 24 * 4 + q))
                  for h in range(168))
    return struct.pack("<IIIII", 188, 0, 1, 0, 20) + hours


def pairs(is_open):
    """Those of a connector of Exchange: two hours an octet."""
    hours = week(is_open)[20:]
    return bytes(hours[i] << 4 | hours[i + 1] for i in range(0, 168, 2))


def site(n):
    return f"CN=Site {n},{SITES}"


def server(n, k):
    return f"CN=MX{k},CN=Servers,{site(n)}"


def link(n, name, sites, cost, **more):
    entry(f"CN={name},{IP}", "siteLink", siteList=[site(s) for s in sites], cost=cost, **more)


def sites_print(count):
    for n in range(1, count + 1):
        entry(site(n), "site")
        entry(f"CN=Servers,{site(n)}", "container")
        for k in (1, 2):
            more = {"bridgeheadTransportList": IP} if k == 1 and n % 5 == 0 else {}
            entry(server(n, k), "server", dNSHostName=f"mx{k}.site{n}.example.org", **more)
        entry(f"CN=10.{n}.0.0/16,CN=Subnets,{SITES}", "subnet", siteObject=site(n))
    entry(f"CN=10.1.128.0/17,CN=Subnets,{SITES}", "subnet", siteObject=site(2))


def links_print(count):
    office = week(lambda day, q: 1 <= day <= 5 and 32 <= q < 72)
    for n in range(1, count + 1):
        other = n % count + 1
        more = {"schedule": office} if n == 3 else {}
        more.update({"msExchCost": 7} if n == 2 else {})
        more.update({"delivContLength": 10240} if n == 4 else {})
        link(n, f"Ring {n}", [n, other], 100 + n, **more)
    link(0, "Star", list(range(1, min(count, 6) + 1, 2)), 250)


def exchange_print():
    """Three servers of 2003 in two routing groups, over the first sites."""
    groups = f"CN=Routing Groups,{ADMIN}"
    for name in ("CN=Microsoft Exchange,CN=Services," + CONF, ORG,
                 "CN=Administrative Groups," + ORG, ADMIN, groups, f"CN=Servers,{ADMIN}"):
        entry(name, "container")
    for name in ("North", "South"):
        entry(f"CN={name},{groups}", "msExchRoutingGroup")
        entry(f"CN=Connections,CN={name},{groups}", "container")
    for name, group in (("EX1", "North"), ("EX2", "North"), ("EX3", "South")):
        entry(f"CN={name},CN=Servers,{ADMIN}", "msExchExchangeServer",
              networkAddress=["netbios:" + name, f"ncacn_ip_tcp:{name.lower()}.example.org"],
              msExchHomeRoutingGroup=f"CN={group},{groups}")
    smtp = "CN=1,CN=SMTP,CN=Protocols,CN=%s,CN=Servers," + ADMIN
    entry(f"CN=To South,CN=Connections,CN=North,{groups}", "msExchRoutingGroupConnector",
          cost=20, msExchDestinationRGDN=f"CN=South,{groups}", delivContLength=2048,
          msExchTargetBridgeheadServersDN=smtp % "EX3")
    entry(f"CN=To North,CN=Connections,CN=South,{groups}", "msExchRoutingGroupConnector",
          cost=30, msExchDestinationRGDN=f"CN=North,{groups}",
          msExchSourceBridgeheadServersDN=smtp % "EX3",
          msExchTargetBridgeheadServersDN=[smtp % "EX1", smtp % "EX2"],
          activationStyle=1, activationSchedule=pairs(lambda day, q: day == 0 and 3 <= q < 21))
    entry(f"CN=Internet,CN=Connections,CN=North,{groups}", "msExchRoutingSMTPConnector",
          routingList=["SMTP:*;10", "SMTP:*.partner.example;1",
                       "Local:SMTP:near.example;2", "X400:c=US;a= ;p=Old;1"],
          msExchSmtpSmartHost="[192.0.2.99]", msExchSourceBridgeheadServersDN=smtp % "EX1")
    entry(f"CN=Org,{ORG}", "msExchAcceptedDomain", msExchAcceptedDomainName="example.org")


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("-")]
    if "--schema" in sys.argv:
        return schema()
    count = int(arguments[0]) if arguments else 50
    for name in (f"{CONF}", SITES, "CN=Services," + CONF, "CN=Subnets," + SITES,
                 "CN=Inter-Site Transports," + SITES):
        entry(name, "container")
    entry(IP, "interSiteTransport", options=2)
    sites_print(count)
    links_print(count)
    if "--exchange" in sys.argv:
        exchange_print()


main()

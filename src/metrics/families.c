#include "metrics/families.h"

#include "metrics/put.h"

/* clang-format off */
static const struct family families[] = {
	{ "lsrd_up", SHEET_GAUGE, put_up, NULL, 1,
		"Whether lsrd answers on its control socket." },
	{ "lsrd_ask_duration_seconds", SHEET_GAUGE, put_asked, NULL, 1000000,
		"How long lsrd took to answer this time." },
	{ "lsrd_build_info", SHEET_INFO, put_build, NULL, 1,
		"The version of lsrd, and which server it is." },
	{ "lsrd_uptime_seconds", SHEET_GAUGE, put_server, "uptime_ms", 1000,
		"How long lsrd has run." },
	{ "lsrd_state", SHEET_GAUGE, put_state, "state", 1,
		"1 for the state that the server announces." },
	{ "lsrd_alone", SHEET_GAUGE, put_server, "alone", 1,
		"Whether it has no adjacency though it should." },

	{ "lsrd_config_last_reload_successful", SHEET_GAUGE, put_server, "reload_good", 1,
		"Whether what the file said when it was read last was right." },
	{ "lsrd_config_last_reload_timestamp_seconds", SHEET_GAUGE, put_server, "reload_at", 1,
		"When it was read last, by a start or a reload." },
	{ "lsrd_config_held", SHEET_GAUGE, put_server, "held", 1,
		"Whether a configuration waits for lsrctl confirm." },
	{ "lsrd_config_kept", SHEET_GAUGE, put_server, "kept", 1,
		"Whether the file is not what is in force." },
	{ "lsrd_config_waiting_routes", SHEET_GAUGE, put_server, "confirm_moves", 1,
		"Routes that a held configuration would move." },
	{ "lsrd_overrides", SHEET_GAUGE, put_by_kind, "overrides", 1,
		"What an operator has said beside the configuration." },
	{ "lsrd_certificate_expiry_timestamp_seconds", SHEET_GAUGE, put_server, "certificate_until", 1,
		"When the certificate of this server ends." },
	{ "lsrd_authority_expiry_timestamp_seconds", SHEET_GAUGE, put_server, "authority_until", 1,
		"When the certificate of the organization's authority ends." },

	{ "lsrd_sessions", SHEET_GAUGE, put_server, "sessions", 1,
		"Sessions with peers, in any state." },
	{ "lsrd_sessions_full", SHEET_GAUGE, put_server, "full", 1,
		"Sessions whose databases agree." },
	{ "lsrd_peer_up", SHEET_GAUGE, put_peers, "full", 1,
		"Whether the session with this peer is full." },
	{ "lsrd_peer_silent", SHEET_GAUGE, put_peers, "silent", 1,
		"Whether it is announced without a session, as its mail service answers." },
	{ "lsrd_peer_state_age_seconds", SHEET_GAUGE, put_peers, "since_ms", 1000,
		"Since when its session is, or is gone." },
	{ "lsrd_peer_heard_age_seconds", SHEET_GAUGE, put_peers, "heard_ms", 1000,
		"Since when no octet came from it." },
	{ "lsrd_peer_round_trip_seconds", SHEET_GAUGE, put_peers, "round_trip_us", 1000000,
		"How long a packet to it and the answer take." },
	{ "lsrd_peer_sent_bytes_total", SHEET_COUNTER, put_peers, "sent", 1,
		"Octets said to it in this session." },
	{ "lsrd_peer_received_bytes_total", SHEET_COUNTER, put_peers, "came", 1,
		"Octets heard from it in this session." },
	{ "lsrd_peer_updates_total", SHEET_COUNTER, put_peers, "updates", 1,
		"LSAs heard from it in this session." },
	{ "lsrd_peer_certificate_expiry_timestamp_seconds", SHEET_GAUGE, put_peers, "certificate_until", 1,
		"When its certificate ends." },
	{ "lsrd_lsdb_digest_mismatch_seconds", SHEET_GAUGE, put_peers, "differs_ms", 1000,
		"Since when its database is another than ours; 0: it is the same." },
	{ "lsrd_peers_left_out", SHEET_GAUGE, put_left_out, "peers", 1,
		"Peers that are not told of, beyond the first 1024." },

	{ "lsrd_link_up", SHEET_GAUGE, put_links_up, "state", 1,
		"Whether this mail service answers its probes." },
	{ "lsrd_link_cost", SHEET_GAUGE, put_links, "cost", 1,
		"The cost of the connector to it." },
	{ "lsrd_link_draining", SHEET_GAUGE, put_links, "drain", 1,
		"Whether the connector to it is drained." },
	{ "lsrd_link_congestion_level", SHEET_GAUGE, put_links, "congestion", 1,
		"How congested it is, from 0 to 3." },
	{ "lsrd_link_delivered_total", SHEET_COUNTER, put_links, "delivered", 1,
		"Recipients delivered to it, as the MTA's log says." },
	{ "lsrd_link_refused_total", SHEET_COUNTER, put_links, "refused", 1,
		"Messages for which no session with it came about." },
	{ "lsrd_links_left_out", SHEET_GAUGE, put_left_out, "links", 1,
		"Links that are not told of, beyond the first 1024." },
	{ "lsrd_queue_recipients", SHEET_GAUGE, put_queues, "waiting", 1,
		"Recipients that wait in the MTA's queue for this next hop." },
	{ "lsrd_queue_late_recipients", SHEET_GAUGE, put_queues, "late", 1,
		"Those of them that have waited too long." },
	{ "lsrd_queue_oldest_age_seconds", SHEET_GAUGE, put_queues, "oldest_s", 1,
		"The age of the oldest message that waits for it; 0: none does." },
	{ "lsrd_queue_held_oldest_age_seconds", SHEET_GAUGE, put_server, "held_oldest_s", 1,
		"The age of the oldest message whose pattern has no path; 0: there is none." },

	{ "lsrd_lsdb_lsas", SHEET_GAUGE, put_server, "lsas", 1,
		"LSAs in the database." },
	{ "lsrd_lsdb_bytes", SHEET_GAUGE, put_server, "lsa_octets", 1,
		"Their octets." },
	{ "lsrd_servers", SHEET_GAUGE, put_presence, NULL, 1,
		"Servers of the organization that are present, and that are away." },

	{ "lsrd_routes", SHEET_GAUGE, put_by_kind, "routes", 1,
		"Routes of the table; hold: no path now, mail waits." },
	{ "lsrd_routes_leaving", SHEET_GAUGE, put_server, "routes_leaving", 1,
		"Routes that leave the table within an hour." },
	{ "lsrd_routes_last_resort", SHEET_GAUGE, put_server, "routes_last_resort", 1,
		"Routes by what absent servers said last." },
	{ "lsrd_routes_with_alternate", SHEET_GAUGE, put_server, "routes_with_alternate", 1,
		"Routes that have a loop-free alternate." },
	{ "lsrd_route_changes_total", SHEET_COUNTER, put_daemon, "moved", 1,
		"Routes that moved." },
	{ "lsrd_table_generation", SHEET_GAUGE, put_server, "generation", 1,
		"Generation of the table." },
	{ "lsrd_table_published_generation", SHEET_GAUGE, put_server, "published", 1,
		"Generation that the MTA has." },
	{ "lsrd_table_age_seconds", SHEET_GAUGE, put_server, "age_ms", 1000,
		"Since when the table is as it is." },
	{ "lsrd_table_behind_seconds", SHEET_GAUGE, put_server, "behind_ms", 1000,
		"Since when the MTA's table is not that; 0: it is." },
	{ "lsrd_spf_runs_total", SHEET_COUNTER, put_server, "runs", 1,
		"How often the table was computed." },
	{ "lsrd_spf_duration_seconds", SHEET_HISTOGRAM, put_histogram, "tables", 1,
		"How long the steps took that computed it." },
	{ "lsrd_loop_step_duration_seconds", SHEET_HISTOGRAM, put_histogram, "steps", 1,
		"How long each step of the daemon's loop took." },
	{ "lsrd_publisher_tables_total", SHEET_COUNTER, put_publishers, "tables", 1,
		"Tables that the publisher of this MTA has written." },
	{ "lsrd_publisher_generation", SHEET_GAUGE, put_publishers, "generation", 1,
		"Generation that it wrote last." },

	{ "lsrd_events_total", SHEET_COUNTER, put_events, "events", 1,
		"What happened, by the words of lsrd-events(7)." },
	{ "lsrd_lsas_refused_total", SHEET_COUNTER, put_refusals, "lsa-refused", 1,
		"LSAs of peers that were refused." },
	{ "lsrd_sessions_refused_total", SHEET_COUNTER, put_refusals, "session-refused", 1,
		"Sessions of certified servers that were refused." },
	{ "lsrd_strangers_refused_total", SHEET_COUNTER, put_refusals, "peer-refused", 1,
		"Connections to the peers' port that became no session." },

	{ "lsrd_reports_total", SHEET_COUNTER, put_report_kinds, "reports", 1,
		"Reports that came, by kind." },
	{ "lsrd_report_age_seconds", SHEET_GAUGE, put_report_kinds, "age_s", 1,
		"Since when none of this kind came." },
	{ "lsrd_reports_refused_total", SHEET_COUNTER, put_reports, "refused", 1,
		"Reports that were not understood." },
	{ "lsrd_evidence_recipients_total", SHEET_COUNTER, put_evidence, "evidence", 1,
		"What the MTA's log says of deliveries to next hops." },
	{ "lsrd_relay_recipients_total", SHEET_COUNTER, put_evidence, "route", 1,
		"Recipients that next hops relayed for, or refused to." },
	{ "lsrd_milter_messages_total", SHEET_COUNTER, put_milter_results, "milter", 1,
		"Messages by what the milter did with them." },
	{ "lsrd_loops_detected_total", SHEET_COUNTER, put_milter, "refused", 1,
		"Messages that the milter kept from going round." },
	{ "lsrd_milter_reports_dropped_total", SHEET_COUNTER, put_milter, "dropped", 1,
		"Reports that the milter could not send." },

	{ "lsrd_front_sessions", SHEET_GAUGE, put_front, "sessions", 1,
		"Sessions of lsrd-front now." },
	{ "lsrd_front_accepted_total", SHEET_COUNTER, put_front, "accepted", 1,
		"Sessions that lsrd-front has accepted." },
	{ "lsrd_front_handed_total", SHEET_COUNTER, put_front, "handed", 1,
		"Connections that it has handed to the MTA whole." },
	{ "lsrd_front_refused_total", SHEET_COUNTER, put_front, "refused", 1,
		"Connections that it had no room for." },
	{ "lsrd_front_verbs_total", SHEET_COUNTER, put_front, "verbs", 1,
		"Sessions of peers that it brought to lsrd." },
	{ "lsrd_front_report_age_seconds", SHEET_GAUGE, put_front, "age_ms", 1000,
		"Since when it has told nothing." },
};
/* clang-format on */

void
families_put(struct sheet *s, const struct told *told)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *f = &families[i];

		if (told == NULL && f->put != put_up)
			continue;
		sheet_family(s, f->name, f->type, f->help);
		f->put(s, f, told);
	}
	sheet_end(s);
}

void
families_list(struct buf *out)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		buf_printf(out, "%s %s\n", families[i].name,
		    sheet_type_word(families[i].type));
}

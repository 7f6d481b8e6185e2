"""daemon.py FOLDER - in the place of lsrd: at the socket FOLDER/control it
answers each request with the file of its name there, or of all its words with
`_` between them where there is one; FOLDER/ready comes when it is ready, and
FOLDER/asked has the requests."""
import os, socket, sys

folder = sys.argv[1]
server = socket.socket(socket.AF_UNIX)
server.bind(folder + "/control")
server.listen(8)
open(folder + "/ready", "w").close()
while True:
    client, _ = server.accept()
    line = client.makefile().readline()
    word = line.split()[0]
    whole = "_".join(line.split())
    if os.path.exists(os.path.join(folder, whole)):
        word = whole
    with open(folder + "/asked", "a") as asked:
        asked.write(line)
    try:
        with open(os.path.join(folder, word), "rb") as answer:
            client.sendall(answer.read() or b"\n")
    except OSError:
        pass
    client.close()

"""ask.py SOCKET REQUEST - one line to the control socket as it is, and the answer."""
import socket, sys

with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(20)
    s.connect(sys.argv[1])
    s.sendall(sys.argv[2].encode() + b"\n")
    answer = b""
    while part := s.recv(65536):
        answer += part
print(answer.decode(errors="replace"), end="")

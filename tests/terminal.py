# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and talks to it.

    terminal.py ROWS COLUMNS COMMAND.. < DIALOGUE

Lines of the dialogue:  expect TEXT | send TEXT (escapes as in Python, no newline of itself) | size ROWS COLUMNS |
pause SECONDS
All that the command said goes to stdout; the exit code is the command's, 128 + n for a signal, 99 if it did not say
what was expected within 10 s.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 10


class Talk:
    def __init__(self, master):
        self.master = master
        self.said = b""
        self.heard = 0  # how much of it was expected already
        self.open = True

    def listen(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # EIO: the last one that had the other side is gone
            piece = b""
        self.open = bool(piece)
        self.said += piece

    def expect(self, text):
        until = time.monotonic() + PATIENCE
        while self.said.find(text, self.heard) < 0:
            if not self.open or time.monotonic() > until:
                sys.stderr.write(f"terminal: no {text!r} after {self.said[self.heard:]!r}\n")
                return False
            self.listen(0.1)
        self.heard = self.said.find(text, self.heard) + len(text)
        return True


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def follow(talk, dialogue):
    for line in dialogue:
        word, _, rest = line.rstrip("\n").partition(" ")
        text = rest.encode().decode("unicode_escape").encode("latin-1")
        if word == "expect" and not talk.expect(text):
            return False
        if word == "send":
            os.write(talk.master, text)
        if word == "pause":
            time.sleep(float(rest))
        if word == "size":
            set_size(talk.master, *map(int, rest.split()))
    return True


def main():
    rows, columns = int(sys.argv[1]), int(sys.argv[2])
    dialogue = sys.stdin.readlines()
    master, slave = pty.openpty()
    set_size(master, rows, columns)
    child = os.fork()
    if child == 0:
        os.close(master)
        login(slave)
        os.execvp(sys.argv[3], sys.argv[3:])
    os.close(slave)
    talk = Talk(master)
    fine = follow(talk, dialogue)
    until = time.monotonic() + PATIENCE
    while fine and talk.open and time.monotonic() < until:
        talk.listen(0.1)
    if not fine or talk.open:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.write(1, talk.said)
    if not fine:
        sys.exit(99)
    sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def login(slave):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.close(slave)


main()

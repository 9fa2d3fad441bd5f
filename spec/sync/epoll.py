"""Runs programs on the kernel's epoll and eventfds: a JSON list of them on standard input, a list of traces on its output."""
import errno, json, os, select, sys

FLAGS = {"edge": select.EPOLLET, "oneShot": select.EPOLLONESHOT, "exclusive": select.EPOLLEXCLUSIVE}


def run(program):
    pollers = [select.epoll() for _ in range(program["pollers"])]
    counters = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(program["counters"])]
    names = {}
    files = [("c%d" % i, fd) for i, fd in enumerate(counters)] + [("p%d" % i, p.fileno()) for i, p in enumerate(pollers)]
    for name, fd in files:
        names[name] = fd
    back = {fd: name for name, fd in names.items()}
    trace = []
    for step in program["steps"]:
        what = step[0]
        try:
            if what == "write":
                os.eventfd_write(counters[step[1]], step[2])
                trace.append("ok")
            elif what == "read":
                trace.append(os.eventfd_read(counters[step[1]]))
            elif what in ("add", "modify"):
                mask = step[3]
                for flag in step[4]:
                    mask |= FLAGS[flag]
                getattr(pollers[step[1]], {"add": "register"}.get(what, what))(names[step[2]], mask)
                trace.append("ok")
            elif what == "remove":
                pollers[step[1]].unregister(names[step[2]])
                trace.append("ok")
            else:
                trace.append([[back[fd], mask] for fd, mask in pollers[step[1]].poll(0, step[2])])
        except OSError as error:
            trace.append(errno.errorcode[error.errno])
    for _, fd in files[: len(counters)]:
        os.close(fd)
    for poller in pollers:
        poller.close()
    return trace


json.dump([run(program) for program in json.load(sys.stdin)], sys.stdout)

"""The same application server as qlikauth's, for an application without our models: `python -m bench.stock.serve`.

qlikauth's own begins the work beside requests in each process too.
"""

from uvicorn.importer import import_from_string

from qlikauth.server import __main__ as server
from qlikauth.server.front import Front


def load(application: str, threads: int) -> Front:
    """The front of the WSGI application `module:name`, made in the process that serves it."""
    return Front(import_from_string(application), threads)


if __name__ == "__main__":
    server.load = load
    server.main()

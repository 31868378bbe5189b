"""The application server: uvicorn reads requests and writes answers, a bounded number of threads runs Django between.

A thread works only on a request that has come in whole, and never waits for a client to read: nobody can hold one at
their own pace. `connections` says how long a client may take, `bodies` how much it may send, `front` what runs where,
`programs` which requests need less of all this.
"""

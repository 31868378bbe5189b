// `node --import ./local_names.mjs …`: every *.localhost name is this machine, as it is in browsers (RFC 6761 6.3).
// Node asks the system's resolver, which on a plain Linux machine does not know; the client libraries stay unmodified.
import dns from "node:dns";

const lookup = dns.lookup;

dns.lookup = (hostname, options, callback) =>
  lookup(hostname.endsWith(".localhost") ? "127.0.0.1" : hostname, options, callback);

// A person at a browser, as far as the documented form fields go: signs in, allows, and comes back with the answer.
const PAGES = 12;

/** Follows an authorization request to the redirect URL of the application. Returns that URL with the answer in it. */
export async function allow(authorizationUrl, { email, password, redirectUri, hostname }) {
  const cookies = new Map();
  let url = new URL(authorizationUrl);
  let sent = { method: "GET" };
  for (let page = 0; page < PAGES; page++) {
    const response = await fetch(url, {
      ...sent,
      redirect: "manual",
      headers: { ...sent.headers, cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location) {
      url = new URL(location, url);
      sent = { method: "GET" };
      if (url.href.startsWith(redirectUri)) return url;
      continue;
    }
    const html = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} from ${url}: ${html.slice(0, 2000)}`);
    const form = formWith(html, "hostname") ?? formWith(html, "password") ?? formWith(html, "decision");
    if (!form) throw new Error(`neither sign-in nor consent at ${url}: ${html.slice(0, 2000)}`);
    const fields = new URLSearchParams(form.hidden);
    if (form.field === "password") {
      fields.set("email", email);
      fields.set("password", password);
    } else if (form.field === "hostname") {
      fields.set("hostname", hostname);
    } else {
      fields.set("decision", "allow");
    }
    url = new URL(form.action, url);
    sent = { method: "POST", body: fields };
  }
  throw new Error(`no end in sight at ${url}`);
}

function formWith(html, field) {
  for (const [, attributes, inside] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    if (!inside.includes(`name="${field}"`)) continue;
    const hidden = [...inside.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      attribute(input, "name"),
      attribute(input, "value"),
    ]);
    return { field, action: attribute(attributes, "action"), hidden };
  }
  return undefined;
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\b${name}="([^"]*)"`));
  return (found?.[1] ?? "").replace(/&(\w+|#\w+);/g, (_, entity) => ENTITIES[entity]);
}

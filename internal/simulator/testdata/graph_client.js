// What Microsoft's own client for Graph makes of the simulator. Reads the
// answers of one mailbox in each way that the client knows and prints a line
// for each.
const { Client, PageIterator, BatchRequestContent, BatchResponseContent } = require("@microsoft/microsoft-graph-client");
const d = JSON.parse(process.env.TENANT);

async function token() {
  const form = { grant_type: "client_credentials", client_id: d.client, client_secret: d.secret, scope: "https://graph.microsoft.com/.default" };
  const answer = await fetch(`${d.authority}/${d.tenant}/oauth2/v2.0/token`, { method: "POST", body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}

// walk follows all pages from here and returns the ids and the deltaLink.
async function walk(client, request, headers) {
  const ids = new Set();
  let entries = 0;
  const each = (c) => { entries++; if (c["@removed"]) ids.delete(c.id); else ids.add(c.id); return true; };
  const pages = new PageIterator(client, await request.headers(headers).get(), each, { headers });
  await pages.iterate();
  return { ids, entries, delta: pages.getDeltaLink() };
}

async function main() {
  const bearer = await token();
  const client = Client.init({
    baseUrl: d.graph.replace(/v1\.0$/, ""),
    customHosts: new Set([new URL(d.graph).hostname]),
    authProvider: (done) => done(null, bearer),
  });
  const box = `/users/${d.mailbox}`;
  const headers = { Prefer: 'IdType="ImmutableId"' };

  const list = await walk(client, client.api(`${box}/contacts`).select(["displayName", "businessPhones"]), headers);
  console.log("list", list.entries, list.ids.size);
  const first = await walk(client, client.api(`${box}/contactFolders/contacts/contacts/delta`).select("id"), headers);
  console.log("delta", first.entries, [...first.ids].every((id) => list.ids.has(id)));
  const second = await walk(client, client.api(first.delta), headers);
  console.log("again", second.entries, Boolean(second.delta));

  const found = await client.api("/users").filter(`mail eq '${d.mail}'`).select("id").get();
  console.log("found", found.value.length, found.value[0].id === d.mailbox);

  // The client cuts the host off and sends the rest, which has to be relative
  // to the version.
  const host = d.graph.replace(/v1\.0$/, "").replace(/\/$/, "");
  const steps = ["", "/contacts?$top=3", "/contacts/nonsense"].map((path, i) => ({ id: `${i}`, request: new Request(host + box + path) }));
  const answers = new BatchResponseContent(await client.api("/$batch").post(await new BatchRequestContent(steps).getContent()));
  console.log("batch", ...["0", "1", "2"].map((id) => answers.getResponseById(id).status), (await answers.getResponseById("1").json()).value.length);

  await client.api("/users/nobody/contacts").get().catch((e) => console.log("error", e.statusCode, e.code, Boolean(e.requestId)));
}

main().catch((e) => { console.error(e); process.exit(1); });

// Reads a mailbox with Microsoft's own client for Graph and prints what it read, one line of JSON a step: lists by PageIterator,
// folders, a batch, and a delta. After the first line it waits for a line on standard input, then prints what has changed.
//
// usage: node read.js AUTHORITY TENANT CLIENT SECRET GRAPH_HOST MAIL   (NODE_EXTRA_CA_CERTS names the certificate authority)
"use strict";
const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = require("@microsoft/microsoft-graph-client");

const [authority, tenant, clientId, secret, host, mail] = process.argv.slice(2);
const numbers = ["0x3A24", "0x3A21", "0x3A57", "0x3A1B"].map((tag) => `id eq 'String ${tag}'`).join(" or ");
const expand = `singleValueExtendedProperties($filter=${numbers})`;
const immutable = 'IdType="ImmutableId"';

async function token() {
  const answer = await fetch(`${authority}/${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials", client_id: clientId, client_secret: secret, scope: "https://graph.microsoft.com/.default",
    }),
  });
  if (!answer.ok) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

const client = Client.initWithMiddleware({
  baseUrl: `https://${host}`, // the client adds the version
  customHosts: new Set([host.split(":")[0]]),
  authProvider: { getAccessToken: token },
});

// all follows every page and returns the values and, of a delta, the link to go on from.
async function all(request, prefer) {
  const headers = { Prefer: prefer };
  const values = [];
  const pages = new PageIterator(client, await request.headers(headers).get(), (value) => values.push(value), { headers });
  await pages.iterate();
  return [values, pages.getDeltaLink()];
}

async function batch(path, ids) {
  const answers = {};
  for (let from = 0; from < ids.length; from += 20) {
    const requests = ids.slice(from, from + 20).map((id, n) => ({
      id: String(n + 1),
      request: new Request(`https://${host}${path}/${encodeURIComponent(id)}?$expand=${encodeURIComponent(expand)}`, {
        method: "GET", headers: { Prefer: immutable },
      }),
    }));
    const content = await new BatchRequestContent(requests).getContent();
    const got = new BatchResponseContent(await client.api("/$batch").post(content));
    for (const [n, response] of got.getResponses()) {
      answers[ids[from + Number(n) - 1]] = { status: response.status, body: await response.json() };
    }
  }
  return answers;
}

async function main() {
  const found = await client.api("/users").filter(`mail eq '${mail}'`).select("id,mail").get();
  const user = `/users/${found.value[0].id}`;
  const [contacts] = await all(client.api(`${user}/contacts`).expand(expand), `${immutable}, odata.maxpagesize=30`);
  const [folders] = await all(client.api(`${user}/contactFolders`), immutable);
  const ids = contacts.map((contact) => contact.id);
  const batched = await batch(`${user}/contacts`, ids.slice(0, 45).concat("no-such-id"));
  let [delta, link] = await all(client.api(`${user}/contactFolders/contacts/contacts/delta`).select("id"), `${immutable}, odata.maxpagesize=40`);
  let error = null;
  try {
    await client.api("/users/nobody@example.org/contacts").get();
  } catch (e) {
    error = { status: e.statusCode, code: e.code };
  }
  console.log(JSON.stringify({ contacts, folders: folders.map((f) => f.displayName), batched, delta: delta.map((d) => d.id), error }));

  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.stdin.pause();
  let changes;
  [changes, link] = await all(client.api(link), `${immutable}, odata.maxpagesize=40`);
  console.log(JSON.stringify({ changes, link: Boolean(link) }));
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});

#!/usr/bin/python3
"""Reads a mailbox in the ways that exchangelib offers and that its users take, and prints what it read as lines of JSON.

The mailbox is followed by SyncFolderItems: after the first line the program waits for a line on standard input, then prints what
has changed.

usage: walk.py --ews URL --authority URL --tenant T --client ID --secret S --ca ca.pem MAIL
"""
import argparse
import json
import os
import sys

ap = argparse.ArgumentParser()
for name in ("ews", "authority", "tenant", "client", "secret", "ca"):
    ap.add_argument("--" + name, required=True)
ap.add_argument("mail")
args = ap.parse_args()
os.environ["REQUESTS_CA_BUNDLE"] = args.ca

from exchangelib import IMPERSONATION, Account, Build, Configuration, Identity, OAuth2Credentials, Version  # noqa: E402
from exchangelib.items import Contact, DistributionList  # noqa: E402


class Credentials(OAuth2Credentials):
    @property
    def token_url(self):
        return f"{args.authority}/{self.tenant_id}/oauth2/v2.0/token"


credentials = Credentials(
    client_id=args.client, client_secret=args.secret, tenant_id=args.tenant, identity=Identity(primary_smtp_address=args.mail)
)
config = Configuration(
    service_endpoint=args.ews, credentials=credentials, auth_type="OAuth 2.0", version=Version(Build(15, 20)), max_connections=2
)
account = Account(args.mail, config=config, autodiscover=False, access_type=IMPERSONATION)


def say(**what):
    print(json.dumps(what), flush=True)


def contact(c):
    return {
        "id": c.id, "key": c.changekey, "display_name": c.display_name, "given_name": c.given_name, "middle_name": c.middle_name,
        "surname": c.surname, "company": c.company_name, "department": c.department, "job_title": c.job_title,
        "birthday": str(c.birthday or ""), "notes": c.text_body, "body": c.body, "categories": list(c.categories or ()),
        "emails": {e.label: e.email for e in c.email_addresses or () if e.email},
        "phones": {p.label: p.phone_number for p in c.phone_numbers or () if p.phone_number},
        "addresses": {a.label: [a.street, a.zipcode, a.city, a.state, a.country] for a in c.physical_addresses or ()},
    }


# 1. The folders, through every distinguished id that exchangelib knows.
folders = {
    f.absolute: {"class": f.folder_class, "count": f.total_count, "id": f.id, "kind": type(f).__name__} for f in account.root.walk()
}

# 2. All items with all their fields: FindItem for the ids, GetItem for the rest.
items = list(account.contacts.all())

# 3. Following the folder.
follow = account.contacts
created = {item.id: item.changekey for kind, item in follow.sync_items(max_changes_returned=100) if kind == "create"}

# 4. Simple fields, for which FindItem is enough.
names = {i.id: getattr(i, "given_name", None) or "" for i in account.contacts.all().only("id", "given_name")}

# 5. A search on the server, and one item by its id.
with_name = [c.id for c in account.contacts.filter(given_name__exists=True).only("id")]
one = contact(account.contacts.get(id=items[0].id)) if items and isinstance(items[0], Contact) else None

say(
    folders=folders,
    contacts=[contact(c) for c in items if isinstance(c, Contact)],
    lists=[{"id": d.id, "display_name": d.display_name} for d in items if isinstance(d, DistributionList)],
    others=[repr(i) for i in items if not isinstance(i, (Contact, DistributionList))],
    synced=created, names=names, with_name=with_name, one=one,
)
sys.stdin.readline()
changes = []
for kind, item in follow.sync_items(sync_state=follow.item_sync_state, max_changes_returned=100):
    changes.append([kind, item.id, getattr(item, "display_name", None)])
say(changes=changes)

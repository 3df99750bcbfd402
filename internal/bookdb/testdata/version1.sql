PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE phonebook(
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	owner      TEXT,
	title      TEXT,
	managed_by TEXT, -- 'contactsync', or NULL: the user's own
	synced_at  TEXT  -- RFC 3339 in UTC
);
INSERT INTO phonebook VALUES(1,'anna','Privat','contactsync','2026-01-02T03:04:05Z');
INSERT INTO phonebook VALUES(2,'ben','Privat','contactsync','2026-01-02T03:04:05Z');
INSERT INTO phonebook VALUES(3,'anna','Privat',NULL,NULL);
CREATE TABLE entry(
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	phonebook    INTEGER,
	display_name TEXT,
	given_name   TEXT,
	surname      TEXT,
	company      TEXT,
	department   TEXT,
	job_title    TEXT,
	birthday     TEXT, -- YYYY-MM-DD or --MM-DD
	notes        TEXT,
	emails       TEXT, -- JSON: ["..."]
	addresses    TEXT, -- JSON: [{"kind", "street", "postal_code", "city", "state", "country"}]
	categories   TEXT, -- JSON: ["..."]
	source_id    TEXT, -- ours: the id that Graph or EWS gave the contact
	hash         BLOB  -- ours: of what readers see
);
INSERT INTO entry VALUES(1,1,'Name 000000','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name0@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000000',X'bd9decd4502f96ceae16297ade33e276');
INSERT INTO entry VALUES(2,1,'Name 000001','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name1@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000001',X'da5502f324bf5d9defd38dbe071e661f');
INSERT INTO entry VALUES(3,1,'Name 000002','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name2@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000002',X'e0f744b55ece1a685e5fc741c4f16187');
INSERT INTO entry VALUES(4,1,'Name 000003','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name3@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000003',X'6477f3f8fb1d128dec71915f45992a37');
INSERT INTO entry VALUES(5,1,'Name 000004','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name4@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000004',X'1207c94546f97cd24a319e934a3f83ac');
INSERT INTO entry VALUES(6,1,'Name 000005','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name5@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000005',X'62c802962c2383b40a2c7974d0b360de');
INSERT INTO entry VALUES(7,1,'Name 000006','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name6@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000006',X'914417a1a88e4d9d4a73ee5a8f73cc4c');
INSERT INTO entry VALUES(8,1,'Name 000007','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'[]','[]','[]','AAMkAGI2-000007',X'1f8e19645c309e694e4aa49e321ec063');
INSERT INTO entry VALUES(9,2,'Name 000000','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name0@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000000',X'bd9decd4502f96ceae16297ade33e276');
INSERT INTO entry VALUES(10,2,'Name 000001','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name1@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000001',X'da5502f324bf5d9defd38dbe071e661f');
INSERT INTO entry VALUES(11,2,'Name 000002','Näme','O''Hara','Müller & Söhne <GmbH>','A	B','"Chief"','--02-29',replace('line\nline','\n',char(10)),'["name2@example.com","second@example.org"]','[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]','["red","blue"]','AAMkAGI2-000002',X'e0f744b55ece1a685e5fc741c4f16187');
INSERT INTO entry VALUES(12,3,'my own',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE number(
	entry    INTEGER,
	position INTEGER, -- 0, 1, ...
	kind     TEXT,
	number   TEXT,    -- E.164, or NULL
	as_typed TEXT
);
INSERT INTO number VALUES(1,0,'business','+49300000000','030 / 0000000');
INSERT INTO number VALUES(1,1,'mobile','+491700000000','0170-0000000');
INSERT INTO number VALUES(1,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(2,0,'business','+49300000001','030 / 0000001');
INSERT INTO number VALUES(2,1,'mobile','+491700000001','0170-0000001');
INSERT INTO number VALUES(2,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(3,0,'business','+49300000002','030 / 0000002');
INSERT INTO number VALUES(3,1,'mobile','+491700000002','0170-0000002');
INSERT INTO number VALUES(3,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(4,0,'business','+49300000003','030 / 0000003');
INSERT INTO number VALUES(4,1,'mobile','+491700000003','0170-0000003');
INSERT INTO number VALUES(4,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(5,0,'business','+49300000004','030 / 0000004');
INSERT INTO number VALUES(5,1,'mobile','+491700000004','0170-0000004');
INSERT INTO number VALUES(5,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(6,0,'business','+49300000005','030 / 0000005');
INSERT INTO number VALUES(6,1,'mobile','+491700000005','0170-0000005');
INSERT INTO number VALUES(6,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(7,0,'business','+49300000006','030 / 0000006');
INSERT INTO number VALUES(7,1,'mobile','+491700000006','0170-0000006');
INSERT INTO number VALUES(7,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(9,0,'business','+49300000000','030 / 0000000');
INSERT INTO number VALUES(9,1,'mobile','+491700000000','0170-0000000');
INSERT INTO number VALUES(9,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(10,0,'business','+49300000001','030 / 0000001');
INSERT INTO number VALUES(10,1,'mobile','+491700000001','0170-0000001');
INSERT INTO number VALUES(10,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(11,0,'business','+49300000002','030 / 0000002');
INSERT INTO number VALUES(11,1,'mobile','+491700000002','0170-0000002');
INSERT INTO number VALUES(11,2,'fax_other',NULL,'ask me');
INSERT INTO number VALUES(12,0,'home','+493012','12');
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
INSERT INTO state VALUES('source','graph 0123');
CREATE TABLE touched(phonebook INTEGER PRIMARY KEY);
INSERT INTO touched VALUES(0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('phonebook',3);
INSERT INTO sqlite_sequence VALUES('entry',12);
CREATE INDEX phonebook_owner ON phonebook(owner);
CREATE UNIQUE INDEX phonebook_managed ON phonebook(owner) WHERE managed_by = 'contactsync';
CREATE INDEX entry_phonebook ON entry(phonebook);
CREATE INDEX number_entry ON number(entry);
CREATE INDEX number_number ON number(number);
CREATE TRIGGER entry_inserted BEFORE INSERT ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE (id = new.phonebook OR id IN (SELECT phonebook FROM entry WHERE id = new.id))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER entry_updated BEFORE UPDATE ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE (id IN (old.phonebook, new.phonebook) OR id IN (SELECT phonebook FROM entry WHERE id = new.id))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER entry_deleted AFTER DELETE ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id = old.phonebook
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER number_inserted BEFORE INSERT ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id = new.entry
			OR id IN (SELECT entry FROM number WHERE rowid = new.rowid))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER number_updated BEFORE UPDATE ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id IN (old.entry, new.entry)
			OR id IN (SELECT entry FROM number WHERE rowid = new.rowid))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER number_deleted AFTER DELETE ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id = old.entry)
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER phonebook_inserted AFTER INSERT ON phonebook BEGIN
	INSERT INTO touched SELECT new.id
		WHERE new.managed_by = 'contactsync' AND new.id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER phonebook_updated AFTER UPDATE OF id, owner, managed_by ON phonebook BEGIN
	INSERT INTO touched SELECT new.id
		WHERE new.managed_by = 'contactsync' AND new.id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER phonebook_deleted AFTER DELETE ON phonebook BEGIN
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
COMMIT;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;

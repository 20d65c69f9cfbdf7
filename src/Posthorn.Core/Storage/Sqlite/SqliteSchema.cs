namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The schema, as numbered migrations: version n is what script n leads to.</summary>
/// <remarks>
/// The account id comes first in every key. <c>email.key</c> is account * 2^32 + email id, so that the wide rows lie in a rowid table (no second
/// index) and still by account. Times are Unix milliseconds, UTC.
/// </remarks>
internal static class SqliteSchema
{
    /// <summary>"Post" in ASCII: a database of somebody else is refused (PRAGMA application_id).</summary>
    public const int ApplicationId = 0x506F7374;

    public static readonly string[] Migrations =
    [
        """
        CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE domain(name TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE domain_key(domain TEXT NOT NULL, selector TEXT NOT NULL, algorithm TEXT NOT NULL, private_pem TEXT NOT NULL,
            PRIMARY KEY(domain, selector)) WITHOUT ROWID;
        CREATE TABLE alias(address TEXT PRIMARY KEY, targets TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE account(id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE, name TEXT, administrator INTEGER NOT NULL,
            disabled INTEGER NOT NULL DEFAULT 0, quota INTEGER, password TEXT NOT NULL, scram TEXT NOT NULL,
            credential_version INTEGER NOT NULL DEFAULT 1, created INTEGER NOT NULL);
        CREATE TABLE account_counter(account INTEGER PRIMARY KEY, modseq INTEGER NOT NULL, oldest_modseq INTEGER NOT NULL, used INTEGER NOT NULL,
            messages INTEGER NOT NULL, next_mailbox INTEGER NOT NULL, next_email INTEGER NOT NULL);

        CREATE TABLE mailbox(account INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL,
            highest_modseq INTEGER NOT NULL, messages INTEGER NOT NULL, unseen INTEGER NOT NULL, deleted INTEGER NOT NULL, size INTEGER NOT NULL,
            special_use INTEGER NOT NULL, container INTEGER NOT NULL, keywords TEXT NOT NULL, PRIMARY KEY(account, id)) WITHOUT ROWID;
        CREATE UNIQUE INDEX mailbox_name ON mailbox(account, name);
        CREATE TABLE subscription(account INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(account, name)) WITHOUT ROWID;

        CREATE TABLE email(key INTEGER PRIMARY KEY, thread INTEGER NOT NULL, body BLOB NOT NULL, size INTEGER NOT NULL, received INTEGER NOT NULL,
            sent INTEGER, uidl BLOB NOT NULL, prefix BLOB NOT NULL, envelope BLOB NOT NULL, structure BLOB NOT NULL, preview TEXT NOT NULL);
        CREATE TABLE mailbox_message(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, email INTEGER NOT NULL,
            flags INTEGER NOT NULL, modseq INTEGER NOT NULL, size INTEGER NOT NULL, saved INTEGER NOT NULL,
            PRIMARY KEY(account, mailbox, uid)) WITHOUT ROWID;
        CREATE INDEX mailbox_message_email ON mailbox_message(account, email);
        CREATE TABLE user_seen(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, viewer INTEGER NOT NULL, uids TEXT NOT NULL, modseq INTEGER NOT NULL,
            PRIMARY KEY(account, mailbox, viewer)) WITHOUT ROWID;
        CREATE TABLE thread_key(account INTEGER NOT NULL, key INTEGER NOT NULL, thread INTEGER NOT NULL, PRIMARY KEY(account, key)) WITHOUT ROWID;

        CREATE TABLE change_log(account INTEGER NOT NULL, modseq INTEGER NOT NULL, kind INTEGER NOT NULL, collection INTEGER NOT NULL,
            change INTEGER NOT NULL, viewer INTEGER NOT NULL DEFAULT 0, ids TEXT NOT NULL, at INTEGER NOT NULL DEFAULT (unixepoch() * 1000),
            PRIMARY KEY(account, kind, collection, modseq, change, viewer)) WITHOUT ROWID;

        CREATE TABLE body(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, codec INTEGER NOT NULL, hash BLOB NOT NULL,
            inline INTEGER NOT NULL, refs INTEGER NOT NULL, released INTEGER);
        CREATE INDEX body_released ON body(released) WHERE refs = 0;
        CREATE TABLE body_octets(number INTEGER PRIMARY KEY, octets BLOB NOT NULL);

        CREATE TABLE envelope(id INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, body BLOB NOT NULL, size INTEGER NOT NULL, trace BLOB NOT NULL,
            received INTEGER NOT NULL, expires INTEGER NOT NULL, envid TEXT, ret INTEGER NOT NULL, smtputf8 INTEGER NOT NULL, eightbit INTEGER NOT NULL,
            require_tls INTEGER NOT NULL, submitter INTEGER);
        CREATE TABLE envelope_recipient(id INTEGER PRIMARY KEY AUTOINCREMENT, envelope INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
            notify INTEGER NOT NULL, orcpt TEXT, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, delay_reported INTEGER NOT NULL DEFAULT 0,
            last_reply TEXT, lease_node TEXT, lease_until INTEGER);
        CREATE INDEX envelope_recipient_due ON envelope_recipient(due);
        CREATE INDEX envelope_recipient_envelope ON envelope_recipient(envelope, domain);
        CREATE TABLE delivered(account INTEGER NOT NULL, envelope INTEGER NOT NULL, recipient TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY(account, envelope, recipient)) WITHOUT ROWID;
        CREATE TABLE maildrop_lease(account INTEGER PRIMARY KEY, token BLOB NOT NULL, until INTEGER NOT NULL);
        """,
        "ALTER TABLE email ADD COLUMN refs TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE account ADD COLUMN quota_messages INTEGER",
        """
        CREATE TABLE annotation(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, viewer INTEGER NOT NULL, entry TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY(account, mailbox, viewer, entry)) WITHOUT ROWID
        """,
    ];
}

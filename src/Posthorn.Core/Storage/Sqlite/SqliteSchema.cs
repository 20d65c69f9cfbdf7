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
        "CREATE INDEX alias_targets ON alias(targets)",
        """
        CREATE TABLE removed_message(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, email INTEGER NOT NULL, name TEXT NOT NULL,
            flags INTEGER NOT NULL, keywords TEXT NOT NULL, size INTEGER NOT NULL, removed INTEGER NOT NULL, PRIMARY KEY(account, mailbox, uid)) WITHOUT ROWID;
        CREATE INDEX removed_message_email ON removed_message(account, email);
        CREATE INDEX removed_message_time ON removed_message(account, removed);
        CREATE TABLE removed_account(id INTEGER PRIMARY KEY, address TEXT NOT NULL, name TEXT, administrator INTEGER NOT NULL, disabled INTEGER NOT NULL,
            quota INTEGER, quota_messages INTEGER, password TEXT NOT NULL, scram TEXT NOT NULL, credential_version INTEGER NOT NULL, created INTEGER NOT NULL,
            removed INTEGER NOT NULL);
        """,
        """
        CREATE TABLE help_answer(id INTEGER PRIMARY KEY AUTOINCREMENT, article TEXT NOT NULL, helpful INTEGER NOT NULL, comment TEXT NOT NULL, at INTEGER NOT NULL)
        """,
        "CREATE TABLE account_setting(account INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(account, key)) WITHOUT ROWID",
        """
        CREATE TABLE scheduled(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, kind INTEGER NOT NULL, due INTEGER NOT NULL,
            target INTEGER NOT NULL, envelope INTEGER, PRIMARY KEY(account, mailbox, uid)) WITHOUT ROWID;
        CREATE INDEX scheduled_due ON scheduled(due);
        """,
        "CREATE TABLE body_hold(id BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
        """
        ALTER TABLE domain ADD COLUMN quota INTEGER;
        CREATE INDEX account_domain ON account(substr(address, instr(address, '@') + 1));
        """,
        """
        ALTER TABLE maildrop_lease ADD COLUMN node TEXT NOT NULL DEFAULT '';
        CREATE TABLE web_key(name TEXT PRIMARY KEY, xml TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
        """,
        """
        CREATE TABLE account_security(account INTEGER PRIMARY KEY, apps_only INTEGER NOT NULL, totp BLOB, totp_step INTEGER NOT NULL, totp_since INTEGER);
        CREATE TABLE app_password(account INTEGER NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, scopes INTEGER NOT NULL, hash BLOB NOT NULL, scram TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER, used INTEGER, used_protocol TEXT, used_address TEXT, PRIMARY KEY(account, id)) WITHOUT ROWID;
        CREATE TABLE recovery_code(account INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(account, hash)) WITHOUT ROWID;
        CREATE TABLE web_session(account INTEGER NOT NULL, id BLOB NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, address TEXT, agent TEXT,
            PRIMARY KEY(account, id)) WITHOUT ROWID;
        CREATE TABLE sign_in(account INTEGER NOT NULL, id INTEGER NOT NULL, protocol TEXT NOT NULL, client TEXT, address TEXT, credential TEXT,
            first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(account, id)) WITHOUT ROWID;
        CREATE TABLE passkey(id BLOB PRIMARY KEY, account INTEGER NOT NULL, name TEXT NOT NULL, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL,
            transports TEXT NOT NULL, user_verified INTEGER NOT NULL, backup_eligible INTEGER NOT NULL, backed_up INTEGER NOT NULL, created INTEGER NOT NULL,
            used INTEGER) WITHOUT ROWID;
        CREATE INDEX passkey_account ON passkey(account);
        """,
        """
        CREATE TABLE device_link(hash BLOB PRIMARY KEY, account INTEGER NOT NULL, version INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID
        """,
        "CREATE INDEX email_thread ON email(thread)",
        """
        CREATE TABLE mailbox_grant(account INTEGER NOT NULL, mailbox INTEGER NOT NULL, grantee INTEGER NOT NULL, rights INTEGER NOT NULL,
            PRIMARY KEY(account, mailbox, grantee)) WITHOUT ROWID;
        CREATE INDEX mailbox_grant_grantee ON mailbox_grant(grantee);
        ALTER TABLE account ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE removed_account ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
        """,
        """
        CREATE TABLE delivery_event(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, result INTEGER NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
            host TEXT NOT NULL, reason TEXT NOT NULL)
        """,
        // What mail does by itself: a reply while its owner is away, forwarding.
        """
        ALTER TABLE account ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE removed_account ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE envelope ADD COLUMN suspicion INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE envelope ADD COLUMN forwarder INTEGER;
        CREATE TABLE vacation_sender(account INTEGER NOT NULL, sender TEXT NOT NULL, at INTEGER NOT NULL, mark INTEGER NOT NULL,
            PRIMARY KEY(account, sender)) WITHOUT ROWID;
        CREATE INDEX vacation_sender_time ON vacation_sender(account, at);
        CREATE TABLE forward(account INTEGER NOT NULL, address TEXT NOT NULL, added INTEGER NOT NULL, confirmed INTEGER, code BLOB, expires INTEGER NOT NULL,
            tries INTEGER NOT NULL, PRIMARY KEY(account, address)) WITHOUT ROWID;
        """,
        """
        CREATE TABLE sign_in_event(id INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT NOT NULL, protocol TEXT NOT NULL, address TEXT NOT NULL, client TEXT NOT NULL,
            credential TEXT NOT NULL, outcome INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, times INTEGER NOT NULL);
        CREATE INDEX sign_in_event_login ON sign_in_event(login, id);
        CREATE INDEX sign_in_event_last ON sign_in_event(last);
        """,
        // A thread's first message, whose number it has, is found by that: what begins a conversation costs its index nothing.
        """
        DROP INDEX email_thread;
        CREATE INDEX email_answer ON email(thread) WHERE thread <> (key & 4294967295);
        """,
    ];
}

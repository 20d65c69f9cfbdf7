using System.Text.Json;

namespace Posthorn.Quickstart;

/// <summary>The configuration file of a new host: every key with what it means.</summary>
internal static class ConfigurationText
{
    /// <summary>Ports that the text listens on for everybody.</summary>
    public static readonly IReadOnlyList<int> Ports = [25, 587, 465, 143, 993, 110, 995, 443];

    public static string For(string hostName) => $$"""
        // Posthorn's configuration. Every key may be overridden by an environment variable: POSTHORN_LIMITS__MAXRECIPIENTS=500.
        // A wrong key or value stops the start with a line that names it. All keys: docs/configuration.md.
        {
          // Folder of the store, its certificates and the control socket; relative to this file.
          "dataFolder": "data",

          // Empty: the embedded store in the data folder. Else a PostgreSQL database: "Host=db.example.org;Database=posthorn;Username=posthorn".
          // It may hold a password: then set it by POSTHORN_STORE instead.
          "store": "",

          // Where the octets of large messages are: files in the data folder, or a bucket of Amazon S3 or what speaks its protocol.
          "bodies": {
            "bucket": "",           // empty: files
            "endpoint": "",         // such as https://s3.example.org; empty: Amazon's, by the region
            "region": "us-east-1",
            "prefix": "bodies/",    // names of objects begin so; every store in a bucket needs one of its own
            "accessKey": "",        // empty: the credentials that the machine has (environment, profile, role)
            "secretKey": "",        // better set by POSTHORN_BODIES__SECRETKEY
            "cacheBytes": 1073741824, // of the bucket's octets, kept on the local disk: 1 GiB
            "timeoutSeconds": 30    // one try of a request
          },

          // The name by which this host greets and is greeted. Its DNS address is this machine, and the address points back to the name.
          "hostName": {{JsonSerializer.Serialize(hostName)}},

          // What listens where; leave a listener out and it does not listen. "address" is an IP address, or * for all.
          "listeners": {
            "smtp": { "address": "*", "port": 25 },          // mail from other servers
            "submission": { "address": "*", "port": 587 },   // mail apps send here; STARTTLS required
            "submissions": { "address": "*", "port": 465 },  // the same, TLS from the start
            "imap": { "address": "*", "port": 143 },         // mail apps read here; STARTTLS required
            "imaps": { "address": "*", "port": 993 },        // the same, TLS from the start
            "pop3": { "address": "*", "port": 110 },         // older mail apps; STLS required
            "pop3s": { "address": "*", "port": 995 },        // the same, TLS from the start
            "web": { "address": "*", "port": 443 },          // HTTPS
            "metrics": { "address": "127.0.0.1", "port": 9925 } // plain HTTP: /healthz, /metrics; not for the world
          },

          // PEM files, read again when they change. Empty: a certificate of Posthorn's own authority, which mail apps do not trust by themselves.
          "tls": {
            "certificate": "", // with its chain, such as fullchain.pem; relative to this file, and readable by the service's user
            "key": "",         // such as privkey.pem
            "clientAuthority": "" // authorities whose client certificates sign people in; empty: nobody is asked for one
          },

          "limits": {
            "maxMessageBytes": 52428800,     // largest message taken: 50 MiB
            "maxRecipients": 1000,           // of one message
            "maxConnections": 20000,         // of each protocol, in all
            "maxConnectionsPerAddress": 100  // of each protocol, from one address
          },

          "signIn": {
            "exemptNetworks": [],   // networks whose failed sign-ins are not held against them, such as "10.0.0.0/8"
            "credentialCache": true // remember verified passwords for a few minutes, in memory, as keyed hashes
          },

          "search": {
            "index": true // false: searches read the mail itself, which is slow in large mailboxes
          },

          "undelete": {
            "days": 14 // so long removed messages and accounts can be brought back; 0: not at all
          },

          "dns": {
            "servers": [],  // name servers, such as "192.0.2.53" or "192.0.2.53:5353"; empty: the system's
            "zoneFile": ""  // answers instead of name servers; closed networks and tests
          },

          "outbound": {
            "smarthost": "",             // host or host:port that takes all outgoing mail; empty: each domain's mail exchangers
            "smarthostUser": "",         // signs in there; empty: nobody does
            "smarthostPasswordFile": "", // its first line is the password; sent only where the certificate is good for the smarthost's name
            "authority": "",             // PEM file of authorities to trust beside the system's, for a smarthost in one's own network
            "port": 25,                  // of mail exchangers
            "maxConnectionsPerDomain": 5 // at a time
          },

          "telemetry": {
            "logLevel": "Information", // Trace, Debug, Information, Warning, Error, Critical, None
            "jsonLogs": false,         // lines as JSON
            "otlpEndpoint": ""         // OpenTelemetry collector for metrics and traces, such as http://127.0.0.1:4317
          }
        }

        """;
}

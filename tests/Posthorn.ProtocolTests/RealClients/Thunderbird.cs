using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Debian's Thunderbird without a screen, with a profile of its own, to which the server's names lead to this machine.</summary>
/// <remarks>What it does is done by its own code, which its windows call too: finding settings, setting the account up, sending, fetching.</remarks>
internal sealed class Thunderbird : IAsyncDisposable
{
    /// <summary>A slow machine takes many seconds to start it.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private const int MaxTries = 5;

    private readonly Process _process;
    private readonly Marionette _marionette;
    private readonly string _folder;

    private Thunderbird(Process process, Marionette marionette, string folder) => (_process, _marionette, _folder) = (process, marionette, folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="names">Host names that lead to loopback: the domain and the hosts that are derived from it.</param>
    /// <param name="web">The port behind 443 of them.</param>
    /// <param name="authority">The PEM file of an authority it trusts.</param>
    public static async Task<Thunderbird> StartAsync(IReadOnlyList<string> names, int web, string authority)
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-thunderbird-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "user.js"), Preferences(names, web), Cancel);
        var start = new ProcessStartInfo("thunderbird", ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = folder;
        Process process = Process.Start(start) ?? throw new InvalidOperationException("Thunderbird did not start.");
        // Nobody reads what it says; a full pipe would stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            Marionette marionette = await ConnectAsync(process, folder);
            await marionette.RunAsync(
                """Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(args[0], "C,,");""", Cancel, await Base64Async(authority));
            return new Thunderbird(process, marionette, folder);
        }
        catch
        {
            await EndAsync(process, folder);
            throw;
        }
    }

    /// <summary>What its account set-up finds for an address, by the generator that its window steps through; null: nothing.</summary>
    /// <returns>Source, then protocol, host, port, way of encryption (2: STARTTLS, 3: TLS at once) and user name of both directions.</returns>
    public async Task<string?> FindAsync(string address)
    {
        JsonElement found = await _marionette.RunAsync(
            """
            const { FindConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/FindConfig.sys.mjs");
            let step;
            // It gives each question five seconds, which are not enough on a machine that does much else: then a person presses the button again.
            for (let tries = 0; tries < args[1] && !step?.value; tries++) {
                const finding = FindConfig.parallelAutoDiscovery(args[0].split("@")[1], args[0], new AbortController().signal);
                step = await finding.next();
                while (!step.done) step = await finding.next({ acceptRedirect: false });
            }
            const way = server => [server.type, server.hostname, server.port, server.socketType, server.username].join(" ");
            // Scripts share nothing but what they leave with its modules.
            FindConfig.found = step.value;
            return step.value && [step.value.source, way(step.value.incoming), way(step.value.outgoing)].join(", ");
            """,
            Cancel, address, MaxTries);
        return found.GetString();
    }

    /// <summary>Sets the account up from what was found, as its window does when one presses Continue.</summary>
    public Task SetUpAsync(string name, string address, string password) => _marionette.RunAsync(
        """
        const { AccountConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/AccountConfig.sys.mjs");
        const { CreateInBackend } = ChromeUtils.importESModule("resource:///modules/accountcreation/CreateInBackend.sys.mjs");
        const { FindConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/FindConfig.sys.mjs");
        const config = FindConfig.found;
        config.rememberPassword = true;
        config.incoming.password = config.outgoing.password = args[2];
        AccountConfig.replaceVariables(config, args[0], args[1], args[2]);
        await CreateInBackend.createAccountInBackend(config);
        """,
        Cancel, name, address, password);

    /// <summary>Sends a message by the account's outgoing server, and says how that ended: 0 is well.</summary>
    public async Task<long> SendAsync(string to, string subject) => (await _marionette.RunAsync(
        """
        const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
        const account = MailServices.accounts.accounts.find(one => one.incomingServer.type === "imap"), identity = account.defaultIdentity;
        const file = Services.dirsvc.get("TmpD", Ci.nsIFile);
        file.append("posthorn-message.eml");
        file.createUnique(Ci.nsIFile.NORMAL_FILE_TYPE, 0o600);
        await IOUtils.writeUTF8(file.path, `From: ${identity.email}\r\nTo: ${args[0]}\r\nSubject: ${args[1]}\r\nMessage-ID: <tb-${Date.now()}@example.test>\r\nDate: ${new Date().toUTCString()}\r\n\r\nSent by Thunderbird.\r\n`);
        const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
        fields.from = identity.email;
        fields.to = args[0];
        fields.fcc = "nocopy://";
        return await new Promise(resolve => {
            const listener = {
                QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
                onStartSending() {}, onSendProgress() {}, onProgress() {}, onStatus() {}, onGetDraftFolderURI() {}, onSendNotPerformed() {}, onTransportSecurityError() {},
                onStopSending(id, status) { resolve(status); },
            };
            Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend).sendMessageFile(
                identity, account.key, fields, file, true, false, Ci.nsIMsgSend.nsMsgDeliverNow, null, listener, null, "");
        });
        """,
        Cancel, to, subject)).GetInt64();

    /// <summary>Fetches the inbox until so many messages are in it, and gives their subjects.</summary>
    public async Task<IReadOnlyList<string>> InboxAsync(int count) =>
    [
        .. (await _marionette.RunAsync(
            """
            const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
            const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
            const server = MailServices.accounts.accounts.find(one => one.incomingServer.type === "imap").incomingServer;
            server.performExpand(null);
            for (let looks = 0; looks < 500; looks++) {
                const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
                if (inbox && [...inbox.messages].length >= args[0]) return [...inbox.messages].map(message => message.mime2DecodedSubject);
                if (inbox && looks % 25 === 0) inbox.updateFolder(null);
                await new Promise(resolve => setTimeout(resolve, 200));
            }
            return [];
            """,
            Cancel, count)).EnumerateArray().Select(static subject => subject.GetString() ?? ""),
    ];

    /// <summary>
    /// What it shows of the inbox: the subjects, each with "read", "flagged", "answered" where it is so. It also has it look again, for the next time.
    /// </summary>
    public async Task<IReadOnlyList<string>> InboxStatesAsync() =>
    [
        .. (await _marionette.RunAsync(
            """
            const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
            const root = MailServices.accounts.accounts.find(one => one.incomingServer.type === "imap").incomingServer.rootFolder;
            const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
            inbox.updateFolder(null);
            return [...inbox.messages].map(message => [
                message.mime2DecodedSubject, message.isRead ? "read" : "", message.isFlagged ? "flagged" : "", message.flags & Ci.nsMsgMessageFlags.Replied ? "answered" : "",
            ].filter(word => word).join(" "));
            """,
            Cancel)).EnumerateArray().Select(static state => state.GetString() ?? ""),
    ];

    /// <summary>Does with a message of the inbox what a menu does: "read", "flag", "archive" or "delete". The server hears of it a moment later.</summary>
    public Task DoAsync(string what, string subject) => _marionette.RunAsync(
        """
        const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
        const root = MailServices.accounts.accounts.find(one => one.incomingServer.type === "imap").incomingServer.rootFolder;
        const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox), archive = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Archive);
        const message = [...inbox.messages].find(message => message.mime2DecodedSubject === args[1]);
        switch (args[0]) {
            case "read": inbox.markMessagesRead([message], true); break;
            case "flag": inbox.markMessagesFlagged([message], true); break;
            case "archive": MailServices.copy.copyMessages(inbox, [message], archive, true, null, null, false); break;
            case "delete": inbox.deleteMessages([message], null, false, false, null, false); break;
        }
        """,
        Cancel, what, subject);

    /// <summary>Waits until its folder of drafts holds one with this text and no other draft, writes a line more, and files it in place of the old one, as its composer does.</summary>
    /// <returns>What it read, in its lines.</returns>
    public async Task<string> ContinueDraftAsync(string having, string line) => (await _marionette.RunAsync(
        """
        const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
        const { NetUtil } = ChromeUtils.importESModule("resource://gre/modules/NetUtil.sys.mjs");
        const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
        const root = MailServices.accounts.accounts.find(one => one.incomingServer.type === "imap").incomingServer.rootFolder;
        const drafts = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Drafts);
        const read = message => new Promise((resolve, reject) => {
            let text = "";
            const listener = {
                QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
                onStartRequest() {},
                onDataAvailable(request, stream, offset, count) { text += NetUtil.readInputStreamToString(stream, count); },
                onStopRequest(request, status) { Components.isSuccessCode(status) ? resolve(text.replace(/\r?\n/g, "\r\n")) : reject(new Error(`read: ${status}`)); },
            };
            const uri = drafts.getUriForMsg(message);
            MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "", false);
        });
        for (let looks = 0; looks < 500; looks++) {
            if (looks % 10 === 0) drafts.updateFolder(null);
            const shown = [...drafts.messages].filter(message => !(message.flags & Ci.nsMsgMessageFlags.IMAPDeleted)), text = shown.length === 1 ? await read(shown[0]) : "";
            if (text.includes(args[0])) {
                const file = Services.dirsvc.get("TmpD", Ci.nsIFile);
                file.append("posthorn-draft.eml");
                file.createUnique(Ci.nsIFile.NORMAL_FILE_TYPE, 0o600);
                await IOUtils.writeUTF8(file.path, `${text.trimEnd()}\r\n${args[1]}\r\n`);
                const status = await new Promise(resolve => MailServices.copy.copyFileMessage(file, drafts, null, true, Ci.nsMsgMessageFlags.Read, "", {
                    QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
                    onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; },
                    onStopCopy(status) { resolve(status); },
                }, null));
                if (!Components.isSuccessCode(status)) throw new Error(`file: ${status}`);
                // What its composer does when the new one is filed.
                drafts.deleteMessages([shown[0]], null, true, false, null, false);
                return text;
            }
            await new Promise(resolve => setTimeout(resolve, 200));
        }
        throw new Error("no such draft");
        """,
        Cancel, having, line)).GetString()!;

    public async ValueTask DisposeAsync()
    {
        await _marionette.DisposeAsync();
        await EndAsync(_process, _folder);
    }

    private static string Preferences(IReadOnlyList<string> names, int web)
    {
        (string Name, string Value)[] preferences =
        [
            // Any free port; it is written into the profile.
            ("marionette.port", "0"),
            ("network.dns.localDomains", Quoted(string.Join(',', names))),
            ("network.socket.forcePort", Quoted(string.Create(CultureInfo.InvariantCulture, $"443={web}"))),
            ("network.proxy.type", "0"),
            // No look-up at its maker's data base: the server's own word is what is tested.
            ("mailnews.auto_config_url", Quoted("")),
            ("mailnews.auto_config.fetchFromISP.sslOnly", "true"),
            ("mailnews.start_page.enabled", "false"),
            ("mail.provider.suppress_dialog_on_startup", "true"),
            ("mail.shell.checkDefaultClient", "false"),
            ("datareporting.policy.dataSubmissionEnabled", "false"),
            ("toolkit.telemetry.enabled", "false"),
            ("app.update.enabled", "false"),
        ];
        return string.Concat(preferences.Select(static preference => $"user_pref(\"{preference.Name}\", {preference.Value});\n"));
    }

    private static string Quoted(string text) => $"\"{text}\"";

    /// <summary>It writes the port into its profile, and takes the first session only when it is ready.</summary>
    private static async Task<Marionette> ConnectAsync(Process process, string folder)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(Cancel, patience.Token);
        string file = Path.Combine(folder, "MarionetteActivePort");
        while (true)
        {
            Assert.False(process.HasExited, "Thunderbird ended before it listened.");
            try
            {
                return await Marionette.ConnectAsync(int.Parse(await File.ReadAllTextAsync(file, both.Token), CultureInfo.InvariantCulture), both.Token);
            }
            catch (Exception early) when (early is IOException or SocketException or FormatException)
            {
                await Task.Delay(Pause, both.Token);
            }
        }
    }

    private static async Task<string> Base64Async(string pem) =>
        string.Concat((await File.ReadAllLinesAsync(pem, Cancel)).Where(static line => line.Length > 0 && !line.StartsWith("-----", StringComparison.Ordinal)));

    private static async Task EndAsync(Process process, string folder)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

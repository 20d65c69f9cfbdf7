using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Smtp;
using MailKit.Search;
using MailKit.Security;
using MimeKit;
using MimeKit.Utils;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using SslProtocols = System.Security.Authentication.SslProtocols;

namespace Posthorn.Web.Help.Settings;

/// <summary>Sends a message round the loop as a mail app would: over the real ports, with the person's own password, out by SMTP and back by IMAP.</summary>
/// <remarks>The message is removed again. The password is used and forgotten. One loop of an account at a time; wrong passwords count as everywhere.</remarks>
internal sealed class LoopTest(TimeProvider time)
{
    /// <summary>For the whole way round.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks into the inbox.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<AccountId, bool> _running = new();

    /// <summary>The steps as far as it came; null: one is under way already.</summary>
    public async Task<IReadOnlyList<LoopStep>?> RunAsync(Account account, string password, MailAppSettings settings, CancellationToken cancel)
    {
        if (!_running.TryAdd(account.Id, true))
        {
            return null;
        }

        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
            var way = new Way(account.Address, password, settings, time, both.Token);
            await way.GoAsync();
            return way.Steps;
        }
        finally
        {
            _running.TryRemove(account.Id, out _);
        }
    }

    private sealed class Way(string address, string password, MailAppSettings settings, TimeProvider time, CancellationToken cancel)
    {
        private readonly List<LoopStep> _steps = [];
        private string _certificate = "";

        public IReadOnlyList<LoopStep> Steps => _steps;

        public async Task GoAsync()
        {
            if (settings.First("SMTP") is not { } outgoing || settings.First("IMAP") is not { } incoming)
            {
                _steps.Add(new LoopStep(T["Find both servers"], TimeSpan.Zero, T["This server does not offer it."], ""));
                return;
            }

            string id = MimeUtils.GenerateMessageId(settings.HostName);
            using var smtp = new SmtpClient { CheckCertificateRevocation = false, LocalDomain = settings.HostName, ServerCertificateValidationCallback = Inspect };
            using var imap = new ImapClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = Inspect };
            _ = await DoAsync(T["Connect to the outgoing server, port {0}", outgoing.Port], () => ConnectAsync(smtp, outgoing, () => smtp.SslProtocol))
                && await DoAsync(T["Sign in to send"], () => SignInAsync(smtp))
                && await DoAsync(T["Hand the message over"], async () => await smtp.SendAsync(Message(id), cancel))
                && await DoAsync(T["Connect to the incoming server, port {0}", incoming.Port], () => ConnectAsync(imap, incoming, () => imap.SslProtocol))
                && await DoAsync(T["Sign in to read"], () => SignInAsync(imap))
                && await DoAsync(T["Find the message in the inbox, and remove it"], () => FetchAsync(imap, id));
            await LeaveAsync(smtp);
            await LeaveAsync(imap);
        }

        /// <summary>A step; what goes wrong in it is said in its words.</summary>
        private async Task<bool> DoAsync(string what, Func<Task<string>> run)
        {
            long began = time.GetTimestamp();
            (string? problem, string detail) = (null, "");
            try
            {
                detail = await run();
            }
            catch (OperationCanceledException)
            {
                problem = T["It took too long."];
            }
            catch (AuthenticationException)
            {
                problem = T["The password was wrong, or too many wrong ones came before. With two-step sign-in write an app password here."];
            }
            catch (SslHandshakeException failure)
            {
                problem = _certificate.Length > 0 ? _certificate : T["The server said: {0}", failure.Message];
            }
            catch (Exception failure) when (failure is IOException or SocketException or ProtocolException or CommandException or ServiceNotConnectedException)
            {
                problem = T["The server said: {0}", failure.Message];
            }

            _steps.Add(new LoopStep(what, time.GetElapsedTime(began), problem, detail));
            return problem is null;
        }

        private async Task<string> ConnectAsync(MailService client, MailAppService service, Func<SslProtocols> agreed)
        {
            var socket = new Socket(service.Local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(service.Local, service.Port), cancel);
                await client.ConnectAsync(
                    socket, settings.HostName, service.Port, service.IsImplicitTls ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls, cancel);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            return $"{(agreed() == SslProtocols.Tls13 ? "TLS 1.3" : "TLS 1.2")}. {_certificate}";
        }

        private async Task<string> SignInAsync(MailService client)
        {
            // One mechanism: a wrong password is to count as one.
            await client.AuthenticateAsync(new SaslMechanismPlain(address, password), cancel);
            return "";
        }

        private async Task<string> FetchAsync(ImapClient imap, string id)
        {
            await imap.Inbox.OpenAsync(FolderAccess.ReadWrite, cancel);
            IList<UniqueId> found;
            while ((found = await imap.Inbox.SearchAsync(SearchQuery.HeaderContains("Message-Id", id), cancel)).Count == 0)
            {
                await Task.Delay(Pause, time, cancel);
                await imap.NoOpAsync(cancel);
            }

            await imap.Inbox.AddFlagsAsync(found, MessageFlags.Deleted, silent: true, cancel);
            await imap.Inbox.ExpungeAsync(found, cancel);
            return "";
        }

        private MimeMessage Message(string id)
        {
            var message = new MimeMessage { MessageId = id, Subject = T["A test of your settings"], Date = time.GetUtcNow() };
            message.From.Add(new MailboxAddress("", address));
            message.To.Add(new MailboxAddress("", address));
            // RFC 3834 §5: no rule of the person answers it.
            message.Headers.Add("Auto-Submitted", "auto-generated");
            message.Body = new TextPart("plain") { Text = T["This message went round the loop: out by SMTP and back by IMAP. It removes itself; if you see it, somebody stopped it half-way."] };
            return message;
        }

        /// <summary>The name must be right. Who issued it is told and not judged: a device may know an authority that this machine does not.</summary>
        private bool Inspect(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            bool isNamed = !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable);
            _certificate = !isNamed ? T["The certificate does not name {0}: apps will not trust it.", settings.HostName]
                : errors == SslPolicyErrors.None ? T["The certificate is in order."]
                : T["The certificate names {0}, but this machine does not know who issued it: apps may warn.", settings.HostName];
            return isNamed;
        }

        private async Task LeaveAsync(MailService client)
        {
            if (client.IsConnected && !cancel.IsCancellationRequested)
            {
                try
                {
                    await client.DisconnectAsync(true, cancel);
                }
                catch (Exception failure) when (failure is IOException or ProtocolException or OperationCanceledException)
                {
                    // The way is walked; the client's own end closes the connection.
                }
            }
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Posthorn.Server.Outbound;

/// <summary>One connection to another mail server, over which any number of messages go (RFC 5321 §3.3).</summary>
/// <remarks>
/// Written here and not taken from a library because the octets must leave as they came: a message that is parsed and written again breaks the signatures
/// it carries.
/// </remarks>
internal sealed class RemoteSession : IAsyncDisposable
{
    private const int PieceBytes = 32 * 1024;

    private readonly OutboundSettings _settings;
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase);
    private Stream _stream;
    private RemoteReplyReader _replies;
    private string _authMechanisms = "";

    private RemoteSession(OutboundSettings settings, TimeProvider time, Socket socket, string host)
    {
        (_settings, _time, _socket, Host) = (settings, time, socket, host);
        _stream = new NetworkStream(socket, ownsSocket: true);
        _replies = new RemoteReplyReader(_stream);
    }

    public string Host { get; }

    /// <summary>A transaction was begun and is not known to have ended: RSET before the next (RFC 5321 §4.1.4).</summary>
    public bool IsInTransaction { get; set; }

    /// <summary>Within TLS.</summary>
    public bool IsTls { get; private set; }

    /// <summary>The certificate is good for <see cref="Host"/>. Opportunistic TLS does not ask for that (RFC 7435); REQUIRETLS and a password do.</summary>
    public bool IsVerified { get; private set; }

    public bool Has(string extension) => _extensions.Contains(extension);

    /// <summary>Connects, greets, goes to TLS where offered, signs in where configured.</summary>
    /// <exception cref="RemoteFaultException">This host cannot be used now.</exception>
    public static async ValueTask<RemoteSession> OpenAsync(
        OutboundSettings settings, TimeProvider time, string host, IPAddress address, bool withTls, CancellationToken cancel)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = new CancellationTokenSource(settings.ConnectTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            await socket.ConnectAsync(new IPEndPoint(address, settings.Port), both.Token);
        }
        catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            socket.Dispose();
            throw new RemoteFaultException($"{host} [{address}] cannot be reached: {(failure is SocketException ? failure.Message : "no answer in time")}.", failure);
        }

        var session = new RemoteSession(settings, time, socket, host);
        try
        {
            await session.GreetAsync(withTls, cancel);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a line and reads its reply.</summary>
    public async ValueTask<RemoteReply> CommandAsync(string line, CancellationToken cancel)
    {
        await WriteAsync(line, cancel);
        return (await ReplyAsync(_settings.CommandTimeout, cancel)).Reply;
    }

    /// <summary>Sends several lines at once where the server knows PIPELINING (RFC 2920), else one by one.</summary>
    /// <returns>A reply for each, or those that came before the connection broke, and how it broke.</returns>
    public async ValueTask<(IReadOnlyList<RemoteReply> Replies, RemoteFaultException? Break)> CommandsAsync(IReadOnlyList<string> lines, CancellationToken cancel)
    {
        var replies = new List<RemoteReply>();
        bool atOnce = Has("PIPELINING");
        try
        {
            if (atOnce)
            {
                await WriteAsync(string.Join("\r\n", lines), cancel);
            }

            foreach (string line in lines)
            {
                replies.Add(atOnce ? (await ReplyAsync(_settings.CommandTimeout, cancel)).Reply : await CommandAsync(line, cancel));
            }

            return (replies, null);
        }
        catch (RemoteFaultException fault)
        {
            return (replies, fault);
        }
    }

    /// <summary>After 354: the octets (CRLF line ends only), then the end mark; the reply to it, for which a stop waits a little (RFC 5321 §6.1).</summary>
    /// <exception cref="RemoteFaultException">The other side has not got the message, or, <see cref="RemoteFaultException.IsAfterEnd"/>, may have it.</exception>
    public async ValueTask<RemoteReply> DataAsync(Stream octets, CancellationToken cancel)
    {
        try
        {
            using var limit = new CancellationTokenSource(_settings.DataEndTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            var data = new DotStuffing(_stream);
            byte[] piece = new byte[PieceBytes];
            for (int length; (length = await octets.ReadAsync(piece, both.Token)) > 0;)
            {
                await data.WriteAsync(piece.AsMemory(0, length), both.Token);
                // Progress: the limit is for a piece, not for a large message on a slow line.
                limit.CancelAfter(_settings.DataEndTimeout);
            }

            both.Token.ThrowIfCancellationRequested();
            return await EndAsync(data, cancel);
        }
        catch (Exception failure) when (IsFault(failure, cancel))
        {
            throw Fault(failure);
        }
    }

    private async ValueTask<RemoteReply> EndAsync(DotStuffing data, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(_settings.DataEndTimeout, _time);
        await using CancellationTokenRegistration stop = cancel.UnsafeRegister(_ => patience.CancelAfter(_settings.StopGrace), null);
        try
        {
            await data.EndAsync(patience.Token);
            return (await _replies.ReadAsync(patience.Token)).Reply;
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or RemoteFaultException)
        {
            string what = failure is OperationCanceledException ? "no answer in time" : failure.Message.TrimEnd('.');
            throw new RemoteFaultException($"{Host} did not say whether it took the message: {what}.", failure) { IsAfterEnd = true };
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
            await _stream.WriteAsync("QUIT\r\n"u8.ToArray(), limit.Token);
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side has gone; there is nobody to say goodbye to.
        }

        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async ValueTask GreetAsync(bool withTls, CancellationToken cancel)
    {
        RemoteReply greeting = (await ReplyAsync(_settings.CommandTimeout, cancel)).Reply;
        if (greeting.Code != 220)
        {
            throw new RemoteFaultException($"{Host} greeted with {greeting}.");
        }

        await EhloAsync(cancel);
        if (withTls && Has("STARTTLS"))
        {
            await StartTlsAsync(cancel);
            await EhloAsync(cancel);
        }

        if (_settings is { Smarthost: not null, SmarthostUser: { } user, SmarthostPassword: { } password })
        {
            await SignInAsync(user, password, cancel);
        }
    }

    private async ValueTask EhloAsync(CancellationToken cancel)
    {
        await WriteAsync($"EHLO {_settings.HostName}", cancel);
        (RemoteReply reply, IReadOnlyList<string> lines) = await ReplyAsync(_settings.CommandTimeout, cancel);
        // RFC 3207 §4.2: nothing that was said before TLS counts within it.
        _extensions.Clear();
        _authMechanisms = "";
        if (!reply.IsPositive)
        {
            RemoteReply helo = await CommandAsync($"HELO {_settings.HostName}", cancel);
            if (!helo.IsPositive)
            {
                throw new RemoteFaultException($"{Host} answered HELO with {helo}.");
            }

            return;
        }

        foreach (string line in lines.Skip(1))
        {
            string keyword = line.Split(' ')[0];
            _extensions.Add(keyword);
            if (keyword.Equals("AUTH", StringComparison.OrdinalIgnoreCase))
            {
                _authMechanisms = line;
            }
        }
    }

    private async ValueTask StartTlsAsync(CancellationToken cancel)
    {
        RemoteReply ready = await CommandAsync("STARTTLS", cancel);
        if (ready.Code != 220)
        {
            return;
        }

        if (_replies.HasBuffered)
        {
            throw new RemoteFaultException($"{Host} sent more before TLS than it may (RFC 3207 §4.2).");
        }

        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        try
        {
            using var limit = new CancellationTokenSource(_settings.CommandTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = Host,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                // Opportunistic (RFC 7435): any certificate is better than none. What was found is kept for REQUIRETLS and for the password.
#pragma warning disable CA5359 // Refusing would send the mail in the clear instead.
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                {
                    IsVerified = errors == SslPolicyErrors.None
                        || (errors == SslPolicyErrors.RemoteCertificateChainErrors && _settings.Authority?.Vouches(certificate, chain) == true);
                    return true;
                },
#pragma warning restore CA5359
            };
            await tls.AuthenticateAsClientAsync(options, both.Token);
        }
        catch (Exception failure) when (failure is AuthenticationException || IsFault(failure, cancel))
        {
            throw new RemoteTlsException($"TLS with {Host} failed: {failure.Message}", failure);
        }

        (_stream, IsTls) = (tls, true);
        _replies = new RemoteReplyReader(tls);
    }

    private async ValueTask SignInAsync(string user, string password, CancellationToken cancel)
    {
        if (!IsTls || !_authMechanisms.Contains("PLAIN", StringComparison.OrdinalIgnoreCase))
        {
            throw new RemoteFaultException($"The smarthost {Host} does not offer AUTH PLAIN within TLS.");
        }

        if (!IsVerified)
        {
            // RFC 4616 §4: to anybody in between, the password would be in the clear.
            throw new RemoteFaultException(
                $"The certificate of {Host} is not good for that name, so the password is not sent. Set outbound.smarthost to the name that is in the certificate, or outbound.authority to who made it.");
        }

        RemoteReply reply = await CommandAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}")), cancel);
        if (!reply.IsPositive)
        {
            throw new RemoteFaultException($"The smarthost {Host} refused to let us in: {reply}.");
        }
    }

    private async ValueTask WriteAsync(string line, CancellationToken cancel)
    {
        try
        {
            using var limit = new CancellationTokenSource(_settings.CommandTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            await _stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), both.Token);
        }
        catch (Exception failure) when (IsFault(failure, cancel))
        {
            throw Fault(failure);
        }
    }

    private async ValueTask<(RemoteReply Reply, IReadOnlyList<string> Lines)> ReplyAsync(TimeSpan timeout, CancellationToken cancel)
    {
        try
        {
            using var limit = new CancellationTokenSource(timeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            return await _replies.ReadAsync(both.Token);
        }
        catch (Exception failure) when (IsFault(failure, cancel))
        {
            throw Fault(failure);
        }
    }

    private static bool IsFault(Exception failure, CancellationToken cancel) =>
        failure is IOException or SocketException || (failure is OperationCanceledException && !cancel.IsCancellationRequested);

    private RemoteFaultException Fault(Exception failure) => new(
        string.Create(CultureInfo.InvariantCulture, $"The connection to {Host} broke: {(failure is OperationCanceledException ? "no answer in time" : failure.Message)}."), failure);
}

/// <summary>TLS did not come about: the same host may be tried again in the clear where nothing forbids it.</summary>
internal sealed class RemoteTlsException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The two could not agree, whatever became of the connection then; else it broke on the way, and may hold the next time.</summary>
    public bool IsRefusal => InnerException is AuthenticationException;
}

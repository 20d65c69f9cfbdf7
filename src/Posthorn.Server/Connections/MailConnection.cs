using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Posthorn.Core.Watching;
using Posthorn.Server.Tls;

namespace Posthorn.Server.Connections;

/// <summary>One client's connection, as its session sees it: bytes in, bytes out, who is there, and TLS.</summary>
/// <remarks>
/// <see cref="Input"/> and <see cref="Output"/> stay the same objects through STARTTLS. A broken connection is told as a completed read or
/// flush, never as an exception. Reads and flushes have time limits; the session returns the <see cref="EndReason"/> and
/// <see cref="MailConnectionHandler"/> closes. Never keep bytes of <see cref="Input"/> beyond the next read.
/// </remarks>
public sealed class MailConnection : IAsyncDisposable
{
    private readonly ConnectionContext _transport;
    private readonly CertificateStore? _certificates;
    private readonly ConnectionLimits _limits;
    private readonly string _protocol;
    private readonly ConnectionMetrics? _metrics;
    private readonly ConnectionWatch? _watch;
    private readonly TimeProvider _time;
    private TlsUpgrade? _tls;
    private Compression? _compression;
    private ITimer? _stopGrace;
    private int _endReason = -1;
    private int _endRequested = -1;
    private int _aborted;

    internal MailConnection(
        ConnectionContext transport, MailListener listener, string protocol, ConnectionLimits limits, CertificateStore? certificates,
        ConnectionMetrics? metrics, TimeProvider time, ConnectionWatch? watch)
    {
        _watch = watch;
        _transport = transport;
        _protocol = protocol;
        _limits = limits;
        _certificates = certificates;
        _metrics = metrics;
        _time = time;
        Listener = listener;
        RemoteAddress = Unmapped(transport.RemoteEndPoint);
        LocalAddress = Unmapped(transport.LocalEndPoint);
        Input = new ConnectionInput(transport.Transport.Input, time);
        Output = new ConnectionOutput(transport.Transport.Output, time, limits.WriteTimeout, () => Abort(EndReason.SlowReader));
    }

    /// <summary>Unique in this process; stands in every log line of the connection.</summary>
    public string Id => _transport.ConnectionId;

    public MailListener Listener { get; }

    public ConnectionInput Input { get; }

    public ConnectionOutput Output { get; }

    /// <summary>The client's address; IPv4 as IPv4 also on a dual-stack listener.</summary>
    public IPEndPoint? RemoteAddress { get; }

    public IPEndPoint? LocalAddress { get; }

    public bool IsTls => _tls is not null;

    public bool IsCompressed => _compression is not null;

    public TlsDetails? Tls => _tls?.Details;

    /// <summary>Whether STARTTLS can be offered: there is a certificate, and TLS is not on yet.</summary>
    public bool CanStartTls => !IsTls && _certificates is not null;

    /// <summary>The reason that stands, once there is one.</summary>
    public EndReason? Reason => _endReason < 0 ? null : (EndReason)_endReason;

    /// <summary>Why the session was asked to end, if it was: it says so in its goodbye.</summary>
    public EndReason? EndRequested => Volatile.Read(ref _endRequested) is >= 0 and var reason ? (EndReason)reason : null;

    /// <summary>Answers STARTTLS and turns the connection into TLS. The session forgets all it knew, RFC 3207 §4.2, when this says true.</summary>
    /// <param name="goAhead">The positive answer, line end included. It is sent only when nothing followed the command.</param>
    /// <param name="cancel">Ends the handshake.</param>
    /// <returns>False: no TLS, and the session must end; <see cref="Reason"/> tells why.</returns>
    public async ValueTask<bool> UpgradeToTlsAsync(ReadOnlyMemory<byte> goAhead, CancellationToken cancel)
    {
        if (Input.HasBytes())
        {
            // What came in plain text would be taken for something said within TLS.
            return Fail(EndReason.CommandInjection);
        }
        await Output.WriteAsync(goAhead, cancel);
        return await StartTlsAsync(cancel);
    }

    /// <summary>The handshake alone: what a listener with implicit TLS does first.</summary>
    internal async ValueTask<bool> StartTlsAsync(CancellationToken cancel)
    {
        if (_tls is not null || _certificates is null)
        {
            throw new InvalidOperationException("TLS is on already, or there is no certificate for it.");
        }
        var (result, tls) = await TlsUpgrade.AcceptAsync(
            _transport, _certificates, Listener.Options.AsksForCertificates ? _certificates.Clients : null, _limits.TlsHandshakeTimeout, _time, cancel);
        _metrics?.Handshake(_protocol, result);
        if (tls is null)
        {
            Report(ConnectionStep.EncryptionFailed, detail: Enum.GetName(result));
            return Fail(result == TlsResult.Closed ? EndReason.ClientClosed : EndReason.TlsFailed);
        }
        _tls = tls;
        Input.SwitchTo(tls.Input);
        Output.SwitchTo(tls.Output);
        Report(ConnectionStep.Encrypted);
        return true;
    }

    /// <summary>Tells whoever is setting this app up what happened. Costs nothing while nobody does.</summary>
    /// <param name="user">Of a sign-in: the name as the client gave it.</param>
    /// <param name="detail">The server's words; never a client's, which may hold a password.</param>
    public void Report(ConnectionStep step, string? user = null, string? detail = null)
    {
        if (_watch is { IsWatched: true })
        {
            _watch.Report(
                new ConnectionReport(_time.GetUtcNow(), Id, Listener.Options.Name, LocalAddress?.Port ?? 0, RemoteAddress?.Address, step)
                {
                    Tls = Tls?.Protocol switch { null => null, SslProtocols.Tls13 => "TLS 1.3", _ => "TLS 1.2" },
                    Detail = detail,
                },
                user);
        }
    }

    /// <summary>From here on both directions are compressed (RFC 4978). All that was written before must be flushed.</summary>
    public void Compress()
    {
        _compression = new Compression(Input.Current, Output.Current);
        Input.SwitchTo(_compression.Input);
        Output.SwitchTo(_compression.Output);
    }

    private bool Fail(EndReason reason)
    {
        SetEndReason(reason);
        return false;
    }

    internal void SetEndReason(EndReason reason) => Interlocked.CompareExchange(ref _endReason, (int)reason, -1);

    /// <summary>Cuts the connection now; pending reads and flushes complete. From any thread.</summary>
    public void Abort(EndReason reason)
    {
        SetEndReason(reason);
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            _transport.Abort(new ConnectionAbortedException(reason.ToString()));
        }
    }

    /// <summary>
    /// Asks the session to end before its next command, and cuts the connection when it does not within the grace. From any thread; the first reason stands.
    /// </summary>
    public void RequestEnd(EndReason reason)
    {
        if (Interlocked.CompareExchange(ref _endRequested, (int)reason, -1) != -1)
        {
            return;
        }
        _stopGrace = _time.CreateTimer(
            static state => ((MailConnection)state!).Abort(((MailConnection)state).EndRequested!.Value), this, _limits.StopGrace, Timeout.InfiniteTimeSpan);
        Input.Stop();
    }

    /// <summary>Sends what is left, closes TLS and the connection. A client that does not take it in time is cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await using var closing = _time.CreateTimer(
            static state => ((MailConnection)state!).Abort(EndReason.SlowReader), this, _limits.CloseTimeout, Timeout.InfiniteTimeSpan);
        if (_compression is not null)
        {
            await _compression.DisposeAsync();
        }
        if (_tls is not null)
        {
            // After a record that did not decrypt, SslStream's shutdown never completes.
            if (Volatile.Read(ref _aborted) == 0 && !Input.IsLost)
            {
                await _tls.SayGoodbyeAsync(_limits.CloseTimeout, _time);
            }
            await _tls.DisposeAsync();
        }
        // The transport waits without a limit of its own until all is sent; the timer above ends that.
        await _transport.DisposeAsync();
        Input.Dispose();
        Output.Dispose();
        if (_stopGrace is not null)
        {
            await _stopGrace.DisposeAsync();
        }
    }

    private static IPEndPoint? Unmapped(EndPoint? endpoint) =>
        endpoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
            : endpoint as IPEndPoint;
}

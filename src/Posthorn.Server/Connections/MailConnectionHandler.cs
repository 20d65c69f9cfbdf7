using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Watching;

namespace Posthorn.Server.Connections;

/// <summary>The frame around every session of a protocol: limits, implicit TLS, graceful stop, and one reason at the end.</summary>
/// <remarks>
/// A protocol derives one handler and registers it as a singleton, so that its limits hold over all its listeners
/// (see <see cref="MailListeners"/>). When the server stops, a session that waits for a command is
/// woken with <see cref="LineStatus.Stopping"/>, says goodbye in its protocol's words and returns; one in the middle of a message goes
/// on until <see cref="ConnectionLimits.StopGrace"/> is over.
/// </remarks>
public abstract partial class MailConnectionHandler : ConnectionHandler
{
    private readonly MailTransport _transport;
    private readonly ConnectionLimits _limits;
    private readonly ConnectionCounts _counts;
    private readonly ILogger _logger;

    protected MailConnectionHandler(MailTransport transport, ConnectionLimits limits, ILogger logger)
    {
        _transport = transport;
        _limits = limits;
        _counts = new ConnectionCounts(limits.MaxConnections, limits.MaxConnectionsPerAddress);
        _logger = logger;
    }

    /// <summary>The protocol's name in logs and metrics: "smtp", "imap", "pop3".</summary>
    public abstract string Protocol { get; }

    /// <summary>Said to a client that comes while a limit is reached; a whole line, line end included.</summary>
    protected abstract ReadOnlyMemory<byte> TooManyConnections { get; }

    /// <summary>Said to a client whose session failed by a fault of ours; a whole line, line end included.</summary>
    protected abstract ReadOnlyMemory<byte> InternalError { get; }

    /// <summary>The session, from the greeting to its end.</summary>
    /// <param name="connection">Within TLS already where the listener has implicit TLS.</param>
    /// <param name="stopping">The server stops; waits for commands are woken without it.</param>
    protected abstract ValueTask<EndReason> RunAsync(MailConnection connection, CancellationToken stopping);

    /// <summary>Only through a listener: a handler must know its port.</summary>
    public sealed override Task OnConnectedAsync(ConnectionContext connection) =>
        throw new NotSupportedException($"Register {GetType().Name} with {nameof(MailListeners)}.");

    internal async Task ServeAsync(ConnectionContext transport, MailListener listener)
    {
        var started = _transport.Time.GetTimestamp();
        var connection = new MailConnection(
            transport, listener, Protocol, _limits, _transport.Certificates, _transport.Metrics, _transport.Time, _transport.Watch);
        _transport.Metrics.Opened(Protocol);
        connection.Report(ConnectionStep.Connected);
        try
        {
            connection.SetEndReason(await AdmitAsync(transport, connection));
        }
        finally
        {
            await connection.DisposeAsync();
            var reason = connection.Reason ?? EndReason.Error;
            _transport.Metrics.Ended(Protocol, reason);
            connection.Report(ConnectionStep.Ended, detail: Enum.GetName(reason));
            var duration = _transport.Time.GetElapsedTime(started);
            LogEnded(connection.Id, Protocol, connection.RemoteAddress, reason, duration);
        }
    }

    private async ValueTask<EndReason> AdmitAsync(ConnectionContext transport, MailConnection connection)
    {
        var address = connection.RemoteAddress?.Address;
        if (!_counts.TryEnter(address))
        {
            if (!connection.Listener.Options.ImplicitTls)
            {
                // Within TLS the refusal would cost a handshake, which is what the limit is to save.
                await connection.Output.WriteAsync(TooManyConnections, CancellationToken.None);
            }
            return EndReason.TooManyConnections;
        }
        try
        {
            var stopping = transport.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
            using var stop = stopping.UnsafeRegister(static state => ((MailConnection)state!).RequestEnd(EndReason.ServerStopping), connection);
            var reason = await RunGuardedAsync(connection, stopping);
            return reason == EndReason.ClientClosed && connection.Input.IsLost ? EndReason.ConnectionLost : reason;
        }
        finally
        {
            _counts.Leave(address);
        }
    }

    private async ValueTask<EndReason> RunGuardedAsync(MailConnection connection, CancellationToken stopping)
    {
        try
        {
            if (connection.Listener.Options.ImplicitTls && !await connection.StartTlsAsync(stopping))
            {
                return EndReason.TlsFailed;
            }
            return await RunAsync(connection, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return EndReason.ServerStopping;
        }
        catch (Exception fault)
        {
            LogFault(fault, connection.Id, Protocol, connection.RemoteAddress);
            await connection.Output.WriteAsync(InternalError, CancellationToken.None);
            return EndReason.Error;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} connection {Id} from {Remote} ended after {Duration}: {Reason}")]
    private partial void LogEnded(string id, string protocol, IPEndPoint? remote, EndReason reason, TimeSpan duration);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Protocol} connection {Id} from {Remote}: the session failed")]
    private partial void LogFault(Exception fault, string id, string protocol, IPEndPoint? remote);
}

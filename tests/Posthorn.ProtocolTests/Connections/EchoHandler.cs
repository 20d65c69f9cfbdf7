using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Posthorn.Server.Connections;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>The smallest line protocol that uses all of the transport: answers each line with itself.</summary>
/// <remarks>Also STARTTLS, QUIT, FLOOD (answers without end) and FAULT.</remarks>
internal sealed class EchoHandler(MailTransport transport, ConnectionLimits limits, ILogger<EchoHandler> logger)
    : MailConnectionHandler(transport, limits, logger)
{
    public const int MaxLine = 64;
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(5);

    public override string Protocol => "echo";

    protected override ReadOnlyMemory<byte> TooManyConnections { get; } = "421 too many\r\n"u8.ToArray();

    protected override ReadOnlyMemory<byte> InternalError { get; } = "451 fault\r\n"u8.ToArray();

    protected override async ValueTask<EndReason> RunAsync(MailConnection connection, CancellationToken stopping)
    {
        var lines = new LineReader(connection.Input, BareLineFeed.IsAnError);
        await SayAsync(connection, "220 hello");
        while (true)
        {
            var read = await lines.ReadAsync(MaxLine, IdleTimeout, CancellationToken.None);
            switch (read.Status)
            {
                case LineStatus.Line:
                    if (await RunAsync(connection, Encoding.ASCII.GetString(read.Line)) is { } reason)
                    {
                        return reason;
                    }
                    break;
                case LineStatus.TooLong:
                    await SayAsync(connection, "500 too long");
                    break;
                case LineStatus.BareEnding:
                    await SayAsync(connection, "500 bare");
                    break;
                case LineStatus.TimedOut:
                    await SayAsync(connection, "421 timeout");
                    return EndReason.IdleTimeout;
                case LineStatus.Stopping:
                    await SayAsync(connection, "421 stopping");
                    return EndReason.ServerStopping;
                default:
                    return EndReason.ClientClosed;
            }
        }
    }

    private static async ValueTask<EndReason?> RunAsync(MailConnection connection, string line)
    {
        switch (line)
        {
            case "QUIT":
                await SayAsync(connection, "221 bye");
                return EndReason.Quit;
            case "STARTTLS":
                return await connection.UpgradeToTlsAsync("220 go\r\n"u8.ToArray(), CancellationToken.None) ? null : EndReason.TlsFailed;
            case "TLS":
                await SayAsync(connection, $"250 {connection.Tls?.Protocol} {connection.Tls?.ServerName}");
                return null;
            case "BODY":
                // A reader of bodies: goes on while the server stops.
                await SayAsync(connection, "354 go on");
                while (await connection.Input.ReadAsync(IdleTimeout, CancellationToken.None) is { IsCompleted: false } body)
                {
                    connection.Input.AdvanceTo(body.Buffer.End);
                }
                return EndReason.ClientClosed;
            case "FLOOD":
                while (!(await connection.Output.WriteAsync(new byte[8192], CancellationToken.None)).IsCompleted)
                {
                }
                return EndReason.ClientClosed;
            case "FAULT":
                throw new InvalidOperationException("asked for");
            default:
                await SayAsync(connection, "250 " + line);
                return null;
        }
    }

    private static async ValueTask SayAsync(MailConnection connection, string line)
    {
        connection.Output.Write(Encoding.ASCII.GetBytes(line + "\r\n"));
        await connection.Output.FlushAsync(CancellationToken.None);
    }
}

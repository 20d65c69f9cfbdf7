using System.IO.Pipelines;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Smtp.Content;

/// <summary>Reads octets of a message with the limits of time on them.</summary>
internal sealed class MessagePatience(SmtpSession session)
{
    private readonly long _started = session.Server.Time.GetTimestamp();

    /// <summary>The last reply, when the read gave nothing: the client is silent, too slow or gone.</summary>
    public SmtpReply? Broken { get; private set; }

    /// <summary>The next octets; advance behind them when <see cref="Broken"/> is null.</summary>
    public async ValueTask<ReadResult> ReadAsync(CancellationToken cancel)
    {
        var (limits, connection) = (session.Server.Limits, session.Connection);
        if (connection.Output.UnflushedBytes > 0 && !connection.Input.HasBytes())
        {
            // Answers to what was pipelined before a chunk do not wait for the chunk.
            await connection.Output.FlushAsync(cancel);
        }
        var left = limits.MessageTimeout - session.Server.Time.GetElapsedTime(_started);
        var timeout = left < limits.DataBlockTimeout ? left : limits.DataBlockTimeout;
        if (timeout <= TimeSpan.Zero)
        {
            Broken = session.Server.TimedOut;
            return default;
        }
        var read = await connection.Input.ReadAsync(timeout, cancel);
        if (read.IsCanceled || (read.IsCompleted && read.Buffer.IsEmpty))
        {
            connection.Input.AdvanceTo(read.Buffer.Start);
            Broken = read.IsCanceled ? session.Server.TimedOut : SmtpReply.Silence(EndReason.ClientClosed);
        }
        return read;
    }
}

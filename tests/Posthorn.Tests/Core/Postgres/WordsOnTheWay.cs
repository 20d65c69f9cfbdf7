using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What a node says to PostgreSQL, piece by piece. A word is found also where it lies across two pieces.</summary>
internal sealed class WordsOnTheWay
{
    /// <summary>Of the statement that puts messages into a mailbox. The node's own signs of life have none.</summary>
    public static ReadOnlySpan<byte> Filing => "INSERT INTO mailbox_message("u8;

    public static ReadOnlySpan<byte> Commit => "COMMIT\0"u8;

    /// <summary>What a write begins with.</summary>
    public static ReadOnlySpan<byte> BeginWrite => "BEGIN ISOLATION LEVEL READ COMMITTED"u8;

    /// <summary>Octets of the last piece that stay before the next: one less than the longest word.</summary>
    private static readonly int Kept = BeginWrite.Length - 1;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _count;

    /// <summary>The next piece, valid until the one after; empty: there are no more.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(Socket from, CancellationToken stop)
    {
        _buffer.AsSpan(_count, Kept).CopyTo(_buffer);
        _count = await from.ReceiveAsync(_buffer.AsMemory(Kept), stop);
        return _buffer.AsMemory(Kept, _count);
    }

    /// <summary>The word ends in this piece.</summary>
    public bool Contains(ReadOnlySpan<byte> word) => _buffer.AsSpan(Kept + 1 - word.Length, _count + word.Length - 1).IndexOf(word) >= 0;
}

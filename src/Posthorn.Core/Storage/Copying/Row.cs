using System.Buffers;
using System.Buffers.Binary;

namespace Posthorn.Core.Storage.Copying;

/// <summary>What a value is, whatever the database calls it.</summary>
internal enum ValueKind : byte
{
    Null = 0,

    /// <summary>64 bits; a boolean is 0 or 1.</summary>
    Integer = 1,

    /// <summary>UTF-8.</summary>
    Text = 2,

    /// <summary>Octets; a random id is 16 of them, as it is written.</summary>
    Octets = 3,
}

/// <summary>
/// A row of any table, on its way between databases: for each column its kind, its length and its octets. Two rows are equal exactly when these are, wherever
/// they come from; the columns of the key come first.
/// </summary>
internal sealed class Row(byte[] encoded)
{
    public ReadOnlySpan<byte> Encoded => encoded;

    public RowReader Read() => new(encoded);

    /// <summary>Only the first columns.</summary>
    public Row First(int columns)
    {
        RowReader reader = Read();
        for (int column = 0; column < columns; column++)
        {
            reader.Next(out _, out _);
        }

        return new Row(encoded[..reader.Position]);
    }

    public bool Equals(Row other) => Encoded.SequenceEqual(other.Encoded);

    /// <summary>The order in which both databases give rows: numbers by value, the rest by octets.</summary>
    public static int CompareKeys(Row left, Row right, int columns)
    {
        RowReader a = left.Read(), b = right.Read();
        for (int column = 0; column < columns; column++)
        {
            a.Next(out ValueKind kind, out ReadOnlySpan<byte> ours);
            b.Next(out _, out ReadOnlySpan<byte> theirs);
            int order = kind == ValueKind.Integer
                ? BinaryPrimitives.ReadInt64BigEndian(ours).CompareTo(BinaryPrimitives.ReadInt64BigEndian(theirs))
                : ours.SequenceCompareTo(theirs);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}

/// <summary>Takes a row apart, column by column.</summary>
internal ref struct RowReader(ReadOnlySpan<byte> encoded)
{
    private readonly ReadOnlySpan<byte> _encoded = encoded;

    public int Position { get; private set; }

    /// <summary>False at the end.</summary>
    public bool Next(out ValueKind kind, out ReadOnlySpan<byte> value)
    {
        if (Position == _encoded.Length)
        {
            kind = ValueKind.Null;
            value = default;
            return false;
        }

        kind = (ValueKind)_encoded[Position];
        int length = BinaryPrimitives.ReadInt32LittleEndian(_encoded[(Position + 1)..]);
        value = _encoded.Slice(Position + 5, length);
        Position += 5 + length;
        return true;
    }
}

/// <summary>Puts a row together; one serves for many.</summary>
internal sealed class RowWriter
{
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    public void Null() => Head(ValueKind.Null, 0);

    public void Integer(long value)
    {
        Head(ValueKind.Integer, 8);
        BinaryPrimitives.WriteInt64BigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void Octets(ReadOnlySpan<byte> value)
    {
        Head(ValueKind.Octets, value.Length);
        _buffer.Write(value);
    }

    /// <summary>NUL, which PostgreSQL's text does not hold, is replaced on both sides, so that both stores agree.</summary>
    public void Text(ReadOnlySpan<byte> value)
    {
        int zeros = value.Count((byte)0);
        Head(ValueKind.Text, value.Length + (2 * zeros));
        if (zeros == 0)
        {
            _buffer.Write(value);
            return;
        }

        foreach (byte octet in value)
        {
            _buffer.Write(octet == 0 ? Replacement : [octet]);
        }
    }

    /// <summary>The row; the writer begins the next one.</summary>
    public Row Take()
    {
        var row = new Row(_buffer.WrittenSpan.ToArray());
        _buffer.ResetWrittenCount();
        return row;
    }

    private void Head(ValueKind kind, int length)
    {
        Span<byte> head = _buffer.GetSpan(5);
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], length);
        _buffer.Advance(5);
    }
}

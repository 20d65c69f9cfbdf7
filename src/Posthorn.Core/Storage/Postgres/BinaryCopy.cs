using System.Buffers.Binary;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Reads COPY ... TO STDOUT (FORMAT BINARY): PostgreSQL's manual, COPY, "Binary Format".</summary>
internal sealed class BinaryCopyReader : IDisposable
{
    private const int HeaderBytes = 19;
    private const int BufferBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _number = new byte[4];
    private byte[] _value = new byte[4 * 1024];

    public BinaryCopyReader(Stream stream)
    {
        _stream = new BufferedStream(stream, BufferBytes);
        _stream.ReadExactly(_value.AsSpan(0, HeaderBytes));
    }

    /// <summary>False at the end.</summary>
    public bool NextRow()
    {
        _stream.ReadExactly(_number.AsSpan(0, 2));
        return BinaryPrimitives.ReadInt16BigEndian(_number) >= 0;
    }

    /// <summary>False: NULL. The value is good until the next one is read.</summary>
    public bool NextField(out ReadOnlySpan<byte> value)
    {
        _stream.ReadExactly(_number.AsSpan(0, 4));
        int length = BinaryPrimitives.ReadInt32BigEndian(_number);
        if (length < 0)
        {
            value = default;
            return false;
        }

        if (length > _value.Length)
        {
            _value = new byte[Math.Max(length, _value.Length * 2)];
        }

        _stream.ReadExactly(_value.AsSpan(0, length));
        value = _value.AsSpan(0, length);
        return true;
    }

    public void Dispose() => _stream.Dispose();
}

/// <summary>Writes COPY ... FROM STDIN (FORMAT BINARY). Without <see cref="End"/> the server takes nothing of it.</summary>
internal sealed class BinaryCopyWriter : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    // Signature, flags, length of the extension.
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly Stream _stream;
    private readonly byte[] _number = new byte[8];

    public BinaryCopyWriter(Stream stream)
    {
        _stream = new BufferedStream(stream, BufferBytes);
        _stream.Write(Header);
    }

    public void StartRow(int fields)
    {
        BinaryPrimitives.WriteInt16BigEndian(_number, (short)fields);
        _stream.Write(_number, 0, 2);
    }

    /// <param name="integerBytes">How wide the column's numbers are.</param>
    public void Field(ValueKind kind, ReadOnlySpan<byte> value, int integerBytes)
    {
        // Big-endian: the last octets of a number are its value in a narrower column.
        ReadOnlySpan<byte> written = kind == ValueKind.Integer ? value[^integerBytes..] : value;
        BinaryPrimitives.WriteInt32BigEndian(_number, kind == ValueKind.Null ? -1 : written.Length);
        _stream.Write(_number, 0, 4);
        _stream.Write(written);
    }

    public void End()
    {
        BinaryPrimitives.WriteInt16BigEndian(_number, -1);
        _stream.Write(_number, 0, 2);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();
}

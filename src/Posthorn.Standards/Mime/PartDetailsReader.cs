namespace Posthorn.Standards.Mime;

/// <summary>Reads what <see cref="PartDetails"/> wrote, value by value.</summary>
internal static class PartDetailsReader
{
    private const int StringsPerParameter = 2;

    public static ReadOnlySpan<byte> TypeOf(ReadOnlySpan<byte> details) => new StoredReader(details).ReadString();

    public static ReadOnlySpan<byte> SubtypeOf(ReadOnlySpan<byte> details)
    {
        var reader = new StoredReader(details);
        reader.ReadString();
        return reader.ReadString();
    }

    /// <summary>Where the values after the type's parameters begin.</summary>
    public static int RestStart(ReadOnlySpan<byte> details)
    {
        var reader = new StoredReader(details);
        reader.SkipStrings(2);
        reader.SkipList(StringsPerParameter);
        return reader.Position;
    }

    /// <summary>Value of a parameter of the type; empty when there is none.</summary>
    public static ReadOnlySpan<byte> ParameterOf(ReadOnlySpan<byte> details, ReadOnlySpan<byte> name)
    {
        var reader = new StoredReader(details);
        reader.SkipStrings(2);
        return FindParameter(ref reader, name);
    }

    public static ReadOnlySpan<byte> DispositionParameterOf(ReadOnlySpan<byte> details, ReadOnlySpan<byte> name)
    {
        var reader = new StoredReader(details[RestStart(details)..]);
        reader.SkipStrings(5);
        return FindParameter(ref reader, name);
    }

    /// <param name="index">0 id, 1 description, 2 encoding, 3 MD5, 4 disposition.</param>
    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> details, int index)
    {
        var reader = new StoredReader(details[RestStart(details)..]);
        reader.SkipStrings(index);
        return reader.ReadString();
    }

    /// <summary>ENVELOPE of an enclosed message, in the details of that message's own part.</summary>
    public static ReadOnlySpan<byte> EnvelopeOf(ReadOnlySpan<byte> details)
    {
        var reader = new StoredReader(details[RestStart(details)..]);
        reader.SkipStrings(5);
        reader.SkipList(StringsPerParameter);
        reader.SkipList(1);
        reader.SkipStrings(1);
        ReadOnlySpan<byte> envelope = reader.ReadString();
        return envelope.IsEmpty ? "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"u8 : envelope;
    }

    private static ReadOnlySpan<byte> FindParameter(scoped ref StoredReader reader, scoped ReadOnlySpan<byte> name)
    {
        for (int count = reader.ReadCount(); count > 0; count--)
        {
            ReadOnlySpan<byte> found = reader.ReadString(), value = reader.ReadString();
            if (Ascii.EqualsIgnoreCase(found, name))
            {
                return value;
            }
        }

        return [];
    }
}

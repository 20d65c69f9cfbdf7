namespace Posthorn.Server.Smtp.Content;

/// <summary>Watches for bare CRs and LFs in octets that come as they are (BDAT), wherever they are cut into pieces.</summary>
internal struct LineEnds
{
    private byte _last;

    public bool HasBare { get; private set; }

    public void Read(ReadOnlySpan<byte> text)
    {
        if (HasBare || text.IsEmpty)
        {
            return;
        }
        HasBare = (_last == '\r') != (text[0] == '\n');
        _last = text[^1];
        while (!HasBare && LineBreaks.IndexOfIrregular(text) is >= 0 and var index)
        {
            // A line that begins with a dot is as good as any other here.
            HasBare = !(text[index] == '\n' && text[index + 1] == '.');
            text = text[(index + 1)..];
        }
    }

    /// <summary>The last octet was the last of the message.</summary>
    public void End() => HasBare |= _last == '\r';
}

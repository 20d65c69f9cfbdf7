using System.Buffers;
using System.Globalization;
using System.Text;

namespace Posthorn.Server.Imap.Fetching;

/// <summary>Reads what FETCH asks for.</summary>
/// <remarks>RFC 9051 §9 <c>fetch</c>, RFC 3501 §9 (RFC822 and its kin), RFC 7162 §7 (MODSEQ), RFC 8474 §7, RFC 8514 §6, RFC 8970 §6.</remarks>
internal static class FetchGrammar
{
    /// <summary>Part numbers of a section: deeper than any message is taken apart.</summary>
    private const int MaxPartNumbers = 64;

    /// <summary>Sections of one FETCH.</summary>
    private const int MaxSections = 256;

    private static readonly SearchValues<char> NotInAtoms = SearchValues.Create("(){%*\"\\");

    // fetch = ... ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
    public static FetchRequest Read(ref ImapReader reader)
    {
        if (Macro(ref reader) is { } macro)
        {
            return new FetchRequest(macro, []);
        }

        var items = FetchItems.None;
        var sections = new List<FetchSection>();
        if (!reader.TryRead((byte)'('))
        {
            items |= Attribute(ref reader, sections);
            return new FetchRequest(items, sections);
        }

        do
        {
            items |= Attribute(ref reader, sections);
            if (sections.Count > MaxSections)
            {
                throw new ImapSyntaxException("Too many sections.");
            }
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return new FetchRequest(items, sections);
    }

    private static FetchItems? Macro(ref ImapReader reader) =>
        reader.TryKeyword("ALL"u8) ? FetchItems.All
        : reader.TryKeyword("FAST"u8) ? FetchItems.Fast
        : reader.TryKeyword("FULL"u8) ? FetchItems.Full
        : null;

    private static FetchItems Attribute(ref ImapReader reader, List<FetchSection> sections)
    {
        FetchItems item =
            reader.TryKeyword("UID"u8) ? FetchItems.Uid
            : reader.TryKeyword("FLAGS"u8) ? FetchItems.Flags
            : reader.TryKeyword("INTERNALDATE"u8) ? FetchItems.InternalDate
            : reader.TryKeyword("RFC822.SIZE"u8) ? FetchItems.Size
            : reader.TryKeyword("ENVELOPE"u8) ? FetchItems.Envelope
            : reader.TryKeyword("BODYSTRUCTURE"u8) ? FetchItems.BodyStructure
            : reader.TryKeyword("MODSEQ"u8) ? FetchItems.ModSeq
            : reader.TryKeyword("EMAILID"u8) ? FetchItems.EmailId
            : reader.TryKeyword("THREADID"u8) ? FetchItems.ThreadId
            : reader.TryKeyword("SAVEDATE"u8) ? FetchItems.SaveDate
            : reader.TryKeyword("PREVIEW"u8) ? Preview(ref reader)
            : FetchItems.None;
        return item != FetchItems.None ? item : Section(ref reader, sections);
    }

    // "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]; preview-mod = "LAZY"     RFC 8970 §6
    private static FetchItems Preview(ref ImapReader reader)
    {
        if (reader.Rest.StartsWith(" ("u8))
        {
            reader.Space();
            reader.Expect((byte)'(');
            do
            {
                reader.Keyword("LAZY"u8);
            }
            while (reader.TrySpace());
            reader.Expect((byte)')');
        }

        return FetchItems.Preview;
    }

    private static FetchItems Section(ref ImapReader reader, List<FetchSection> sections)
    {
        if (reader.TryKeyword("RFC822.HEADER"u8))
        {
            sections.Add(new FetchSection("RFC822.HEADER"u8.ToArray(), [], SectionKind.Header, [], SetsSeen: false));
        }
        else if (reader.TryKeyword("RFC822.TEXT"u8))
        {
            sections.Add(new FetchSection("RFC822.TEXT"u8.ToArray(), [], SectionKind.Text, [], SetsSeen: true));
        }
        else if (reader.TryKeyword("RFC822"u8))
        {
            sections.Add(new FetchSection("RFC822"u8.ToArray(), [], SectionKind.Whole, [], SetsSeen: true));
        }
        else
        {
            ReadOnlySpan<byte> word = reader.AtomUntil("["u8);
            if (BinaryKind(word) is { } binary)
            {
                sections.Add(BinarySection(ref reader, binary.Kind, binary.SetsSeen));
                return FetchItems.None;
            }

            bool isPeek = Standards.Ascii.EqualsIgnoreCase(word, "BODY.PEEK"u8);
            if (!isPeek && !Standards.Ascii.EqualsIgnoreCase(word, "BODY"u8))
            {
                throw new ImapSyntaxException("FETCH knows no such item.");
            }

            if (!reader.TryRead((byte)'['))
            {
                return isPeek ? throw new ImapSyntaxException("Expected '['.") : FetchItems.Body;
            }

            sections.Add(BodySection(ref reader, setsSeen: !isPeek));
        }

        return FetchItems.None;
    }

    // section = "[" [section-spec] "]"
    private static FetchSection BodySection(ref ImapReader reader, bool setsSeen)
    {
        var label = new StringBuilder("BODY[");
        int[] part = PartNumbers(ref reader, label);
        SectionKind kind = SectionKind.Whole;
        IReadOnlyList<string> fields = [];
        if (!reader.IsNext((byte)']'))
        {
            kind = SectionText(ref reader, label, part.Length > 0);
            fields = kind is SectionKind.HeaderFields or SectionKind.HeaderFieldsNot ? HeaderList(ref reader, label) : [];
        }

        reader.Expect((byte)']');
        label.Append(']');
        (long offset, long length) = Partial(ref reader, label);
        return new FetchSection(Encoding.UTF8.GetBytes(label.ToString()), part, kind, fields, setsSeen, offset, length);
    }

    private static (SectionKind Kind, bool SetsSeen)? BinaryKind(ReadOnlySpan<byte> word) =>
        Standards.Ascii.EqualsIgnoreCase(word, "BINARY"u8) ? (SectionKind.Binary, true)
        : Standards.Ascii.EqualsIgnoreCase(word, "BINARY.PEEK"u8) ? (SectionKind.Binary, false)
        : Standards.Ascii.EqualsIgnoreCase(word, "BINARY.SIZE"u8) ? (SectionKind.BinarySize, false)
        : null;

    // "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary; section-binary = "[" [section-part] "]"
    private static FetchSection BinarySection(ref ImapReader reader, SectionKind kind, bool setsSeen)
    {
        reader.Expect((byte)'[');
        var label = new StringBuilder(kind == SectionKind.BinarySize ? "BINARY.SIZE[" : "BINARY[");
        int[] part = PartNumbers(ref reader, label);
        reader.Expect((byte)']');
        label.Append(']');
        (long offset, long length) = kind == SectionKind.BinarySize ? (0, long.MaxValue) : Partial(ref reader, label);
        return new FetchSection(Encoding.ASCII.GetBytes(label.ToString()), part, kind, [], setsSeen, offset, length);
    }

    // partial = "<" number64 "." nz-number64 ">"
    private static (long Offset, long Length) Partial(ref ImapReader reader, StringBuilder label)
    {
        if (!reader.TryRead((byte)'<'))
        {
            return (0, long.MaxValue);
        }

        long offset = reader.Number64();
        reader.Expect((byte)'.');
        long length = reader.Number64() is > 0 and long octets ? octets : throw new ImapSyntaxException("A partial has at least one octet.");
        reader.Expect((byte)'>');
        label.Append(CultureInfo.InvariantCulture, $"<{offset}>");
        return (offset, length);
    }

    // section-part = nz-number *("." nz-number); leaves the dot before section-text read.
    private static int[] PartNumbers(ref ImapReader reader, StringBuilder label)
    {
        if (reader.AtEnd || !char.IsAsciiDigit((char)reader.Rest[0]))
        {
            return [];
        }

        var numbers = new List<int>();
        do
        {
            uint number = reader.NzNumber();
            numbers.Add((int)Math.Min(number, int.MaxValue));
            label.Append(CultureInfo.InvariantCulture, $"{(numbers.Count == 1 ? "" : ".")}{number}");
            if (numbers.Count > MaxPartNumbers)
            {
                throw new ImapSyntaxException("A part is not that deep.");
            }

            if (!reader.TryRead((byte)'.'))
            {
                return [.. numbers];
            }
        }
        while (!reader.AtEnd && char.IsAsciiDigit((char)reader.Rest[0]));
        label.Append('.');
        return reader.IsNext((byte)']') ? throw new ImapSyntaxException("A part number is missing.") : [.. numbers];
    }

    // section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"; "MIME" only after a part
    private static SectionKind SectionText(ref ImapReader reader, StringBuilder label, bool hasPart)
    {
        (SectionKind kind, string name) =
            reader.TryKeyword("HEADER.FIELDS.NOT"u8) ? (SectionKind.HeaderFieldsNot, "HEADER.FIELDS.NOT")
            : reader.TryKeyword("HEADER.FIELDS"u8) ? (SectionKind.HeaderFields, "HEADER.FIELDS")
            : reader.TryKeyword("HEADER"u8) ? (SectionKind.Header, "HEADER")
            : reader.TryKeyword("TEXT"u8) ? (SectionKind.Text, "TEXT")
            : hasPart && reader.TryKeyword("MIME"u8) ? (SectionKind.Mime, "MIME")
            : throw new ImapSyntaxException("There is no such section.");
        label.Append(name);
        return kind;
    }

    // header-list = "(" header-fld-name *(SP header-fld-name) ")"
    private static List<string> HeaderList(ref ImapReader reader, StringBuilder label)
    {
        var names = new List<string>();
        reader.Space();
        reader.Expect((byte)'(');
        label.Append(" (");
        do
        {
            ReadOnlySpan<byte> name = reader.AString();
            if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~') || name.Contains((byte)':'))
            {
                throw new ImapSyntaxException("That is no name of a header field.");
            }

            string text = Encoding.ASCII.GetString(name);
            label.Append(names.Count == 0 ? "" : " ").Append(Astring(text));
            names.Add(text);
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        label.Append(')');
        return names;
    }

    /// <summary>The name as the response may write it: quoted where an atom cannot hold it.</summary>
    private static string Astring(string name) =>
        name.AsSpan().ContainsAny(NotInAtoms) ? $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : name;
}

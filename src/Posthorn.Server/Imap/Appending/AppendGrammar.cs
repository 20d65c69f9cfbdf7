using System.Buffers;
using System.Text;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Appending;

/// <summary>Reads the messages of APPEND and REPLACE, line by line: what a literal holds is never part of what is read here. Pure.</summary>
/// <remarks>RFC 9051 §6.3.12; several messages: RFC 3502; parts: RFC 4469 §5; UTF8: RFC 6855 §4.</remarks>
internal static class AppendGrammar
{
    /// <summary>Characters of a URL: a name of the longest mailbox, each octet as %xx, and what stands around it.</summary>
    private const int MaxUrlLength = 4_000;

    /// <summary>Reads to the end of the line.</summary>
    public static AppendLine Read(ref ImapReader reader, AppendState state)
    {
        var steps = new List<AppendStep>();
        while (true)
        {
            switch (state)
            {
                case AppendState.MessageOrEnd when reader.AtEnd:
                    return new AppendLine(steps, state);
                case AppendState.Message or AppendState.MessageOrEnd:
                    reader.Space();
                    steps.Add(ReadOptions(ref reader));
                    state = ReadData(ref reader, steps);
                    break;
                case AppendState.Ended:
                    steps.Add(AppendStep.End.Instance);
                    state = AppendState.MessageOrEnd;
                    break;
                case AppendState.Utf8Closing:
                    reader.Expect((byte)')');
                    state = AppendState.Ended;
                    break;
                case AppendState.Utf8PartClosing:
                    reader.Expect((byte)')');
                    state = AppendState.PartOrEnd;
                    break;
                case AppendState.PartOrEnd when reader.TryRead((byte)')'):
                    state = AppendState.Ended;
                    break;
                default:
                    reader.Space();
                    state = ReadPart(ref reader, steps);
                    break;
            }

            if (steps is [.., AppendStep.Literal])
            {
                return new AppendLine(steps, state);
            }
        }
    }

    /// <summary>
    /// Whether the literal that <paramref name="command"/> ends with is streamed. Those that are part of the command are the name of the mailbox, and URLs.
    /// </summary>
    public static bool Streams(in ReadOnlySequence<byte> command)
    {
        ReadOnlySpan<byte> text = command.IsSingleSegment ? command.FirstSpan : command.ToArray();
        ReadOnlySpan<byte> rest = text[(text.IndexOf((byte)' ') + 1)..];
        rest = Ascii.StartsWithIgnoreCase(rest, "UID "u8) ? rest["UID ".Length..] : rest;
        if (Ascii.StartsWithIgnoreCase(rest, "APPEND "u8))
        {
            rest = rest["APPEND ".Length..];
        }
        else if (Ascii.StartsWithIgnoreCase(rest, "REPLACE "u8))
        {
            rest = rest["REPLACE ".Length..];
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }
        else
        {
            return false;
        }

        bool isName = rest.StartsWith("{"u8) && !rest.Contains((byte)'\n');
        return !isName && !(IsUrl(rest) && Find(rest, "CATENATE ("u8));
    }

    /// <summary>The same of a line behind a literal that was streamed.</summary>
    public static bool StreamsNext(in ReadOnlySequence<byte> line) => !IsUrl(line.IsSingleSegment ? line.FirstSpan : line.ToArray());

    // "URL" SP literal; nothing else of these commands has that word before a literal.
    private static bool IsUrl(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> before = text[..Math.Max(0, text.LastIndexOf((byte)'{'))];
        return before.Length >= 5 && before[^5] is (byte)' ' or (byte)'(' && Ascii.EqualsIgnoreCase(before[^4..], "URL "u8);
    }

    private static bool Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (int at = text.IndexOf((byte)' '); at >= 0 && at + 1 + word.Length <= text.Length; at = Next(text, at))
        {
            if (Ascii.StartsWithIgnoreCase(text[(at + 1)..], word))
            {
                return true;
            }
        }

        return false;

        static int Next(ReadOnlySpan<byte> text, int at) => text[(at + 1)..].IndexOf((byte)' ') is >= 0 and int more ? at + 1 + more : -1;
    }

    // append-opts = [SP flag-list] [SP date-time]
    private static AppendStep.Begin ReadOptions(ref ImapReader reader)
    {
        FlagList flags = FlagList.Empty;
        if (reader.IsNext((byte)'('))
        {
            flags = reader.FlagList();
            reader.Space();
        }

        DateTimeOffset? date = null;
        if (reader.IsNext((byte)'"'))
        {
            date = reader.DateTime();
            reader.Space();
        }

        return new AppendStep.Begin(flags, date);
    }

    // append-data = literal / literal8 / "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    private static AppendState ReadData(ref ImapReader reader, List<AppendStep> steps)
    {
        if (reader.TryKeyword("CATENATE"u8))
        {
            reader.Space();
            reader.Expect((byte)'(');
            return ReadPart(ref reader, steps);
        }

        bool isUtf8 = TryUtf8(ref reader);
        // literal8 = "~{" number64 ["+"] "}": octets of any value (RFC 9051 §9). Others are taken as they come, too.
        _ = isUtf8 || reader.TryRead((byte)'~');
        steps.Add(new AppendStep.Literal(reader.LiteralHeader(), IsWhole: true));
        return isUtf8 ? AppendState.Utf8Closing : AppendState.Ended;
    }

    // cat-part = "TEXT" SP literal / "URL" SP astring / utf8-literal
    private static AppendState ReadPart(ref ImapReader reader, List<AppendStep> steps)
    {
        if (reader.TryKeyword("URL"u8))
        {
            reader.Space();
            ReadOnlySpan<byte> url = reader.AString();
            steps.Add(url.Length > MaxUrlLength ? throw new ImapSyntaxException("The URL is too long.") : new AppendStep.Url(Encoding.Latin1.GetString(url)));
            return AppendState.PartOrEnd;
        }

        bool isUtf8 = TryUtf8(ref reader);
        if (!isUtf8)
        {
            reader.Keyword("TEXT"u8);
            reader.Space();
            reader.TryRead((byte)'~');
        }

        steps.Add(new AppendStep.Literal(reader.LiteralHeader(), IsWhole: false));
        return isUtf8 ? AppendState.Utf8PartClosing : AppendState.PartOrEnd;
    }

    // utf8-literal = "UTF8" SP "(" literal8 ")"     RFC 6855 §4
    private static bool TryUtf8(ref ImapReader reader)
    {
        if (!reader.TryKeyword("UTF8"u8))
        {
            return false;
        }

        reader.Space();
        reader.Expect((byte)'(');
        reader.Expect((byte)'~');
        return true;
    }
}

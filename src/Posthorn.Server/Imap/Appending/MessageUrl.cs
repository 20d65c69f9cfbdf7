using System.Globalization;
using System.Text;
using Posthorn.Server.Imap.Fetching;

namespace Posthorn.Server.Imap.Appending;

/// <summary>The URL of a message, or of a part of it, on this server and for who is logged in: a relative one, with the parts of RFC 2192 §6.</summary>
/// <param name="Mailbox">Its name.</param>
/// <param name="UidValidity">Null: it was not said.</param>
/// <param name="Section">The whole message where none was named.</param>
internal sealed record MessageUrl(string Mailbox, uint? UidValidity, uint Uid, FetchSection Section)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // "/" enc_mailbox [";UIDVALIDITY=" nz_number] "/;UID=" nz_number ["/;SECTION=" enc_section] ["/;PARTIAL=" number ["." nz-number]]
    /// <param name="url">As it came.</param>
    /// <param name="selected">The mailbox to which a URL without a slash is relative; null: none (RFC 4469 §3).</param>
    /// <param name="parsed">The URL.</param>
    public static bool TryParse(string url, string? selected, out MessageUrl? parsed)
    {
        parsed = null;
        string path = url;
        // RFC 3986 §4.2: a colon before the first slash ends a scheme.
        if (path.StartsWith("//", StringComparison.Ordinal) || path.Split('/')[0].Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        if (path.StartsWith('/'))
        {
            path = path[1..];
        }
        else if (selected?.LastIndexOf('/') is >= 0 and int level)
        {
            // RFC 3986 §5.2.3: beside the mailbox that is selected.
            path = Uri.EscapeDataString(selected[..level]) + "/" + path;
        }

        int uidAt = path.IndexOf("/;UID=", StringComparison.OrdinalIgnoreCase);
        if (uidAt <= 0 || !TryReadMailbox(path[..uidAt], out string name, out uint? validity))
        {
            return false;
        }

        string[] parts = path[(uidAt + "/;UID=".Length)..].Split("/;");
        if (!TryNumber(parts[0], out uint uid) || !TryReadSection(parts.AsSpan(1), out FetchSection? section))
        {
            return false;
        }

        parsed = new MessageUrl(name, validity, uid, section!);
        return true;
    }

    private static bool TryReadMailbox(string text, out string name, out uint? validity)
    {
        validity = null;
        int semicolon = text.IndexOf(';', StringComparison.Ordinal);
        if (semicolon >= 0)
        {
            const string Word = ";UIDVALIDITY=";
            if (!text.AsSpan(semicolon).StartsWith(Word, StringComparison.OrdinalIgnoreCase) || !TryNumber(text[(semicolon + Word.Length)..], out uint number))
            {
                name = "";
                return false;
            }

            validity = number;
        }

        return TryDecode(semicolon < 0 ? text : text[..semicolon], out name) && name.Length > 0;
    }

    private static bool TryReadSection(ReadOnlySpan<string> parts, out FetchSection? section)
    {
        string spec = "", partial = "";
        foreach (string part in parts)
        {
            bool isSection = part.StartsWith("SECTION=", StringComparison.OrdinalIgnoreCase) && spec.Length == 0 && partial.Length == 0;
            if (isSection && TryDecode(part["SECTION=".Length..], out spec) && spec.Length > 0)
            {
                continue;
            }

            if (isSection || !part.StartsWith("PARTIAL=", StringComparison.OrdinalIgnoreCase) || partial.Length > 0)
            {
                section = null;
                return false;
            }

            partial = part["PARTIAL=".Length..];
        }

        return TryMake(spec, partial, out section);
    }

    /// <summary>The grammar of FETCH reads the section.</summary>
    private static bool TryMake(string spec, string partial, out FetchSection? section)
    {
        section = null;
        long offset = 0, length = long.MaxValue;
        string[] range = partial.Split('.');
        if (partial.Length > 0 && (range.Length > 2
            || !long.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out offset)
            || (range.Length == 2 && (!long.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length == 0))))
        {
            return false;
        }

        var reader = new ImapReader(Encoding.UTF8.GetBytes($"BODY.PEEK[{spec}]"), ImapDialect.None);
        try
        {
            FetchRequest request = FetchGrammar.Read(ref reader);
            reader.End();
            section = request.Sections is [var only] ? only with { Offset = offset, Length = length } : null;
            return section is not null;
        }
        catch (ImapSyntaxException)
        {
            return false;
        }
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;

    /// <summary>Octets that stand as %xx are UTF-8 (RFC 2192 §5).</summary>
    private static bool TryDecode(string text, out string decoded)
    {
        var octets = new List<byte>(text.Length);
        decoded = "";
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                octets.Add((byte)text[i]);
                continue;
            }

            if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                return false;
            }

            octets.Add(octet);
            i += 2;
        }

        try
        {
            decoded = StrictUtf8.GetString([.. octets]);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}

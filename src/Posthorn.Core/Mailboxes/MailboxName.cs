using System.Text;

namespace Posthorn.Core.Mailboxes;

/// <summary>What a mailbox may be called.</summary>
public static class MailboxName
{
    /// <summary>Octets of UTF-8 in a full name.</summary>
    public const int MaxBytes = 1_000;

    /// <summary>Levels of a name.</summary>
    public const int MaxLevels = 64;

    /// <summary>The name as it is kept: INBOX in capitals (RFC 9051 §5.1), no trailing separator, Unicode in NFC.</summary>
    public static string Normalize(string name)
    {
        string trimmed = name.EndsWith(Mailbox.Separator) ? name[..^1] : name;
        if (trimmed.Equals(Mailbox.Inbox, StringComparison.OrdinalIgnoreCase))
        {
            return Mailbox.Inbox;
        }

        if (trimmed.StartsWith("INBOX/", StringComparison.OrdinalIgnoreCase))
        {
            trimmed = string.Concat(Mailbox.Inbox, trimmed.AsSpan(Mailbox.Inbox.Length));
        }

        return trimmed.IsNormalized() ? trimmed : trimmed.Normalize();
    }

    /// <summary>Null when a mailbox may have this (normalised) name, else why not.</summary>
    public static string? Objection(string name)
    {
        if (name.Length == 0)
        {
            return "A folder needs a name.";
        }

        if (Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            return $"The name is longer than {MaxBytes} octets.";
        }

        string[] levels = name.Split(Mailbox.Separator);
        if (levels.Length > MaxLevels)
        {
            return $"The name has more than {MaxLevels} levels.";
        }

        if (levels.Any(level => level.Length == 0))
        {
            return "The name has an empty level.";
        }

        // RFC 9051 §5.1: the list wildcards in a name cannot be told from wildcards; control characters break protocols.
        return name.Any(c => char.IsControl(c) || c is '%' or '*' or '\u2028' or '\u2029') ? "The name has a character that folders cannot have." : null;
    }

    /// <summary>Names of the parents, outermost first.</summary>
    public static IEnumerable<string> Parents(string name)
    {
        for (int at = name.IndexOf(Mailbox.Separator); at > 0; at = name.IndexOf(Mailbox.Separator, at + 1))
        {
            yield return name[..at];
        }
    }

    public static bool IsInside(string name, string parent) =>
        name.Length > parent.Length + 1 && name[parent.Length] == Mailbox.Separator && name.StartsWith(parent, StringComparison.Ordinal);
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.History;

/// <summary>The untagged answer to FETCH of UID, FLAGS and ENVELOPE.</summary>
internal static partial class FetchedMessage
{
    /// <summary>Null when the line is something else.</summary>
    public static StoredMessage? Read(string line, string mailbox, uint validity) =>
        Uid().Match(line) is { Success: true } uid && FlagsIn(line) is { } flags && Subject().Match(line) is { Success: true } subject
            ? new StoredMessage(new Place(mailbox, validity, uint.Parse(uid.Groups[1].Value, CultureInfo.InvariantCulture)), subject.Groups[1].Value, flags)
            : null;

    /// <summary>The flags that the line tells of a message; null when it tells none of it.</summary>
    public static IReadOnlySet<string>? FlagsOf(string line, uint uid) =>
        Uid().Match(line) is { Success: true } found && found.Groups[1].Value == uid.ToString(CultureInfo.InvariantCulture) ? FlagsIn(line) : null;

    private static HashSet<string>? FlagsIn(string line) => Flags().Match(line) is { Success: true } flags
        ? [.. flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static flag => flag != @"\Recent")]
        : null;

    [GeneratedRegex(@"^\* \d+ FETCH \(.*?UID (\d+)")]
    private static partial Regex Uid();

    [GeneratedRegex(@"FLAGS \(([^)]*)\)")]
    private static partial Regex Flags();

    [GeneratedRegex("""ENVELOPE \((?:NIL|"[^"]*") "([^"]+)" """)]
    private static partial Regex Subject();
}

/// <summary>COPYUID (RFC 4315 §3): what went where.</summary>
internal static partial class CopyUid
{
    public static Place? Read(IReadOnlyList<string> lines, string mailbox, uint source)
    {
        foreach (Match told in lines.Select(line => Told().Match(line)).Where(match => match.Success))
        {
            uint[] from = [.. Expand(told.Groups[2].Value)], to = [.. Expand(told.Groups[3].Value)];
            if (Array.IndexOf(from, source) is >= 0 and int at)
            {
                return new Place(mailbox, uint.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture), to[at]);
            }
        }

        return null;
    }

    private static IEnumerable<uint> Expand(string set)
    {
        foreach (string range in set.Split(','))
        {
            uint[] ends = [.. range.Split(':').Select(static digits => uint.Parse(digits, CultureInfo.InvariantCulture))];
            for (uint uid = ends.Min(); uid <= ends.Max(); uid++)
            {
                yield return uid;
            }
        }
    }

    [GeneratedRegex(@"\[COPYUID (\d+) (\S+) (\S+)\]")]
    private static partial Regex Told();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>What a watched process did to its files and sockets, in order.</summary>
internal abstract record SystemCall
{
    private SystemCall()
    {
    }

    public sealed record Write(string Path, long Offset, byte[] Octets) : SystemCall;

    /// <summary>Completed: what was written to the file (or into the folder) before is on disk.</summary>
    public sealed record Sync(string Path) : SystemCall;

    public sealed record Truncate(string Path, long Length) : SystemCall;

    /// <summary>A name that a folder has now.</summary>
    public sealed record Rename(string To) : SystemCall;

    /// <summary>Octets to a client.</summary>
    public sealed record Send(byte[] Octets) : SystemCall;
}

/// <summary>Reads what <c>strace -f -y -xx</c> wrote. A write counts from its start, a sync from its end: the cautious way round.</summary>
internal static partial class SystemCallTrace
{
    /// <summary>Longest octets recorded of a call: a commit's pages go to the WAL together, up to 127 KiB at a time.</summary>
    public const int MaxOctets = 128 * 1024;

    public static readonly string[] Watched = ["pwrite64", "write", "fdatasync", "fsync", "ftruncate", "rename", "renameat2", "link", "sendmsg", "sendto"];

    /// <summary>The command that runs another one watched.</summary>
    public static string[] Command(string output) =>
        ["strace", "-f", "-y", "-xx", "-s", MaxOctets.ToString(CultureInfo.InvariantCulture), "-e", $"trace={string.Join(',', Watched)}", "-e", "signal=none", "-o", output];

    public static IReadOnlyList<SystemCall> Read(IEnumerable<string> lines)
    {
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<string, string>();
        foreach (string line in lines)
        {
            if (Line().Match(line) is not { Success: true } match)
            {
                continue;
            }

            (string process, string text) = (match.Groups["process"].Value, match.Groups["text"].Value);
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[process] = text;
                Add(calls, text, isStart: true, isEnd: false);
            }
            else if (text.StartsWith("<...", StringComparison.Ordinal))
            {
                if (unfinished.Remove(process, out string? begun) && !text.Contains("= -1", StringComparison.Ordinal))
                {
                    Add(calls, begun, isStart: false, isEnd: true);
                }
            }
            else if (!text.Contains(") = -1", StringComparison.Ordinal))
            {
                Add(calls, text, isStart: true, isEnd: true);
            }
        }

        return calls;
    }

    private static void Add(List<SystemCall> calls, string text, bool isStart, bool isEnd)
    {
        string name = text[..Math.Max(0, text.IndexOf('('))];
        string path = Path().Match(text) is { Success: true } found ? Unescape(found.Groups["path"].Value) : "";
        if (isEnd && name is "fdatasync" or "fsync")
        {
            calls.Add(new SystemCall.Sync(path));
        }

        if (!isStart)
        {
            return;
        }

        bool isSocket = path.StartsWith("socket:", StringComparison.Ordinal) || path.StartsWith("TCP", StringComparison.Ordinal);
        switch (name)
        {
            case "pwrite64" when Positioned().Match(text) is { Success: true } write:
                calls.Add(new SystemCall.Write(path, long.Parse(write.Groups["offset"].Value, CultureInfo.InvariantCulture), Octets(write.Groups["data"].Value)));
                break;
            case "ftruncate":
                calls.Add(new SystemCall.Truncate(path, long.Parse(Length().Match(text).Groups["length"].Value, CultureInfo.InvariantCulture)));
                break;
            case "rename" or "renameat2" or "link":
                calls.Add(new SystemCall.Rename(Unescape(Quoted().Matches(text)[^1].Groups["data"].Value)));
                break;
            case "sendmsg" or "sendto" or "write" when isSocket:
                calls.Add(new SystemCall.Send([.. Quoted().Matches(text).SelectMany(match => Octets(match.Groups["data"].Value))]));
                break;
        }
    }

    private static string Unescape(string text) => text.Contains('\\', StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetString(Octets(text)) : text;

    private static byte[] Octets(string escaped) =>
        escaped.Length == 0 ? [] : Convert.FromHexString(escaped.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^(?<process>\d+) +(?<text>.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"\(\d+<(?<path>[^>]*)>")]
    private static partial Regex Path();

    [GeneratedRegex(@"""(?<data>(\\x[0-9a-f]{2})*)""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@", ""(?<data>(\\x[0-9a-f]{2})*)"", \d+, (?<offset>\d+)")]
    private static partial Regex Positioned();

    [GeneratedRegex(@", (?<length>\d+)[) ]")]
    private static partial Regex Length();
}

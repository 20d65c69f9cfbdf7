using System.Globalization;
using System.Runtime.CompilerServices;

namespace Posthorn.Standards.Maildir;

/// <summary>Reads a tree of Maildir folders: Maildir++ (".Sub.Folder" beside cur), nested folders ("Sub/Folder"), or both.</summary>
/// <remarks>
/// Read are cur and new; what lies in tmp was never delivered. Links are not followed: a mail folder someone hands in must not reach other files.
/// Messages come in the order of their unique names, compared octet by octet, which is the order of delivery for all usual makers of names and does not change with flags.
/// The received date is the earlier of the file's time and the seconds its name begins with: a copy often loses the first, a message appended by IMAP has its date only there.
/// Memory: the names of one folder.
/// </remarks>
public sealed class MaildirReader(string root)
{
    /// <summary>Nested folders below this depth are not looked for.</summary>
    public const int MaxDepth = 64;

    private static readonly string[] Parts = ["cur", "new", "tmp"];
    private static readonly EnumerationOptions NoLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>All folders, by name, INBOX first. Names are unique: where both layouts give one name, the later gets a number.</summary>
    public IReadOnlyList<MaildirFolder> Folders()
    {
        var found = new List<MaildirFolder>();
        AddNested(root, "", 0, found);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var folders = new List<MaildirFolder>();
        foreach (var folder in found.OrderBy(folder => folder.Name != "INBOX").ThenBy(folder => folder.Name, StringComparer.Ordinal).ThenBy(folder => folder.Path, StringComparer.Ordinal))
        {
            string name = folder.Name;
            for (int number = 2; !taken.Add(name); number++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{folder.Name} ({number})");
            }
            folders.Add(folder with { Name = name });
        }
        return folders;
    }

    /// <summary>The messages of a folder in stable order, those behind <paramref name="after"/> only where it is given.</summary>
    public static async IAsyncEnumerable<MaildirMessage> MessagesAsync(MaildirFolder folder, string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        var keywords = await MaildirKeywords.ReadAsync(folder.Path, cancel);
        foreach (var (uniqueName, path, flags) in List(folder, keywords))
        {
            cancel.ThrowIfCancellationRequested();
            if (after is null || string.CompareOrdinal(uniqueName, after) > 0)
            {
                var file = new FileInfo(path);
                if (file.Exists)
                {
                    yield return new MaildirMessage(uniqueName, path, flags, Received(uniqueName, file), file.Length);
                }
            }
        }
    }

    private static List<(string UniqueName, string Path, IReadOnlyList<string> Flags)> List(MaildirFolder folder, MaildirKeywords keywords)
    {
        var messages = new List<(string UniqueName, string Path, IReadOnlyList<string> Flags)>();
        foreach (string part in (string[])["cur", "new"])
        {
            string place = Path.Combine(folder.Path, part);
            if (Directory.Exists(place))
            {
                foreach (string path in Directory.EnumerateFiles(place, "*", NoLinks).Where(path => !Path.GetFileName(path).StartsWith('.')))
                {
                    var (uniqueName, flags) = MaildirFlags.Read(Path.GetFileName(path), keywords);
                    messages.Add((uniqueName, path, flags));
                }
            }
        }
        messages.Sort((left, right) => string.CompareOrdinal(left.UniqueName, right.UniqueName) is var order and not 0 ? order : string.CompareOrdinal(left.Path, right.Path));
        return messages;
    }

    private static DateTimeOffset Received(string uniqueName, FileInfo file)
    {
        var written = new DateTimeOffset(file.LastWriteTimeUtc);
        int digits = uniqueName.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && long.TryParse(uniqueName.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds > 0 && seconds < written.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : written;
    }

    private static bool IsMaildir(string path) => Directory.Exists(Path.Combine(path, "cur")) || Directory.Exists(Path.Combine(path, "new"));

    private static void AddNested(string path, string name, int depth, List<MaildirFolder> found)
    {
        bool isMaildir = IsMaildir(path);
        if (isMaildir)
        {
            found.Add(new MaildirFolder(depth == 0 ? "INBOX" : name, path));
        }
        if (depth == MaxDepth)
        {
            return;
        }
        foreach (string below in Directory.EnumerateDirectories(path, "*", NoLinks))
        {
            string level = Path.GetFileName(below);
            if (level.StartsWith('.'))
            {
                if (depth == 0 && level.Length > 1 && level[1] != '.' && IsMaildir(below))
                {
                    found.Add(new MaildirFolder(MaildirFolderName.Decode(level), below));
                }
            }
            else if (!isMaildir || !Parts.Contains(level))
            {
                string decoded = MaildirFolderName.DecodeLevel(level);
                AddNested(below, depth == 0 ? decoded : $"{name}/{decoded}", depth + 1, found);
            }
        }
    }
}

using System.Globalization;
using System.Security.Cryptography;

namespace Posthorn.Standards.Maildir;

/// <summary>Writes messages into a tree of Maildir++ folders: into tmp, synced, then renamed into cur with its flags.</summary>
/// <remarks>
/// A message is in cur whole or not at all. Names sort in the order of writing, are unique among writers, and carry the size (",S=") as Dovecot's do, and POP3's id
/// (",U=", Posthorn's own); the file's time is the received date. Octets are written as they come. One writer is used by one caller at a time.
/// </remarks>
/// <param name="root">The top folder, INBOX; it is made if it is missing.</param>
/// <param name="time">For the names.</param>
/// <param name="syncFolder">Makes the entries of a folder durable; .NET has no call for it.</param>
/// <param name="series">Of a writer that was cut off, to go on with it; null: one that no other has.</param>
/// <param name="count">The number of the first message.</param>
public sealed class MaildirWriter(string root, TimeProvider time, Action<string> syncFolder, string? series = null, long count = 0)
{
    private readonly Dictionary<string, (string Path, MaildirKeywords Keywords)> _folders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _count = count;

    /// <summary>Writes one message.</summary>
    /// <param name="folder">In Unicode, levels separated by '/'; <c>INBOX</c> is the top.</param>
    /// <param name="content">The message, read to its end.</param>
    /// <param name="flags">Flags in the words of IMAP; a folder has room for 26 keywords.</param>
    /// <param name="uidl">POP3's id; empty: none.</param>
    /// <param name="received">The time of the file.</param>
    /// <param name="cancel">Leaves at most a file in tmp behind, which is removed.</param>
    /// <returns>The path, and the flags that the format could not keep.</returns>
    public async ValueTask<(string Path, IReadOnlyList<string> LostFlags)> WriteAsync(
        string folder, Stream content, IReadOnlyCollection<string> flags, string uidl, DateTimeOffset received, CancellationToken cancel)
    {
        var (path, keywords) = await OpenAsync(folder, cancel);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Series}Q{_count++:D9}.{HostName()}");
        string temporary = Path.Combine(path, "tmp", name);
        try
        {
            long size = await WriteFileAsync(temporary, content, received, cancel);
            var (ending, lost) = MaildirFlags.Format(flags, keywords);
            if (keywords.Changed)
            {
                await keywords.WriteAsync(path, cancel);
            }
            string delivered = Path.Combine(path, "cur", string.Create(CultureInfo.InvariantCulture, $"{name},S={size}{(uidl.Length > 0 ? MaildirMessage.UidlMark : "")}{uidl}{ending}"));
            File.Move(temporary, delivered);
            syncFolder(Path.Combine(path, "cur"));
            return (delivered, lost);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>What the names of this writer begin with, before 'Q' and a number that counts up.</summary>
    public string Series { get; } = series ?? Stamp(time.GetUtcNow());

    /// <summary>The number in the name of the next message.</summary>
    public long Count => _count;

    /// <summary>Takes away what a writer with the same series that was cut off left in a folder: messages from <see cref="Count"/> on, and those that were not whole.</summary>
    /// <param name="folder">As in <see cref="WriteAsync"/>.</param>
    /// <param name="cancel">Leaves some of them.</param>
    public async ValueTask DiscardAsync(string folder, CancellationToken cancel)
    {
        var (path, _) = await OpenAsync(folder, cancel);
        foreach (string file in ((string[])["cur", "tmp"]).SelectMany(part => Directory.EnumerateFiles(Path.Combine(path, part), Series + "Q*")))
        {
            cancel.ThrowIfCancellationRequested();
            string number = Path.GetFileName(file)[(Series.Length + 1)..].Split('.')[0];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long at) && at >= _count)
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>Makes a folder, which may stay empty.</summary>
    /// <returns>The name by which it is read: another one where <paramref name="folder"/> is too long for a file.</returns>
    public async ValueTask<string> CreateFolderAsync(string folder, CancellationToken cancel)
    {
        var (path, _) = await OpenAsync(folder, cancel);
        return IsTop(folder) ? folder : MaildirFolderName.Decode(Path.GetFileName(path));
    }

    private async ValueTask<(string Path, MaildirKeywords Keywords)> OpenAsync(string folder, CancellationToken cancel)
    {
        if (_folders.TryGetValue(folder, out var known))
        {
            return known;
        }
        bool top = IsTop(folder);
        string path = top ? root : Path.Combine(root, NameOf(folder));
        foreach (string part in (string[])["cur", "new", "tmp"])
        {
            Directory.CreateDirectory(Path.Combine(path, part));
        }
        if (!top)
        {
            // Maildir++: tells a delivery program that this is a folder and not a mailbox of its own.
            await File.WriteAllBytesAsync(Path.Combine(path, "maildirfolder"), [], cancel);
        }
        syncFolder(path);
        syncFolder(root);
        return _folders[folder] = (path, await MaildirKeywords.ReadAsync(path, cancel));
    }

    private static bool IsTop(string folder) => folder.Equals("INBOX", StringComparison.OrdinalIgnoreCase);

    /// <summary>A name that no other folder of this writer has: two that are cut may be the same.</summary>
    private string NameOf(string folder)
    {
        string name = MaildirFolderName.Encode(folder, "");
        for (int number = 2; !_names.Add(name); number++)
        {
            name = MaildirFolderName.Encode(folder, string.Create(CultureInfo.InvariantCulture, $" ({number})"));
        }
        return name;
    }

    private static async ValueTask<long> WriteFileAsync(string path, Stream content, DateTimeOffset received, CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        await content.CopyToAsync(file, cancel);
        await file.FlushAsync(cancel);
        File.SetLastWriteTimeUtc(file.SafeFileHandle, received.UtcDateTime);
        file.Flush(flushToDisk: true);
        return file.Length;
    }

    private static string Stamp(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture,
        $"{now.ToUnixTimeSeconds()}.M{now.Millisecond * 1000 + now.Microsecond:D6}P{Environment.ProcessId}R{RandomNumberGenerator.GetHexString(8)}");

    // The format's own escapes for what a file name cannot hold or flags begin with.
    private static string HostName() =>
        Environment.MachineName.Replace("/", @"\057", StringComparison.Ordinal).Replace(":", @"\072", StringComparison.Ordinal).Replace(",", @"\054", StringComparison.Ordinal);
}

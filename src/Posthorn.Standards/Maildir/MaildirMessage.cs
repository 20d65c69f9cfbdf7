namespace Posthorn.Standards.Maildir;

/// <summary>A message of a folder.</summary>
/// <param name="UniqueName">The file name without flags: it stays the same while flags change, and an import goes on behind it.</param>
/// <param name="Path">The file as it was named when the folder was listed.</param>
/// <param name="Flags">In the words of IMAP. Files in new/ have none.</param>
/// <param name="Received">See <see cref="MaildirReader"/>.</param>
/// <param name="Size">Octets of the file.</param>
public sealed record MaildirMessage(string UniqueName, string Path, IReadOnlyList<string> Flags, DateTimeOffset Received, long Size)
{
    internal const string UidlMark = ",U=";

    /// <summary>POP3's id, where <see cref="MaildirWriter"/> put one into the name; else empty.</summary>
    public string Uidl => UniqueName.LastIndexOf(UidlMark, StringComparison.Ordinal) is var mark and >= 0 ? UniqueName[(mark + UidlMark.Length)..] : "";

    /// <summary>The octets of the message as they lie on the disk.</summary>
    /// <exception cref="FileNotFoundException">Another program renamed or removed the file meanwhile.</exception>
    // A pipe or device has size 0 too, and opening one could wait for ever.
    public Stream Open() => Size == 0 ? Stream.Null : new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, useAsync: false);
}

namespace Posthorn.Standards.Maildir;

/// <summary>A folder with its place on the disk.</summary>
/// <param name="Name">In Unicode, levels separated by '/'; the top folder is <c>INBOX</c>.</param>
/// <param name="Path">The folder that holds cur, new and tmp.</param>
public sealed record MaildirFolder(string Name, string Path);

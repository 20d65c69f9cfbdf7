using Posthorn.Core.Mailboxes;
using Posthorn.Core.Scheduling;
using Posthorn.Web.Mail.Writing;

namespace Posthorn.Web.Mail.Folders;

/// <summary>What a folder is called on a page: those that the program made in the reader's language, others by their own name.</summary>
internal static class FolderNames
{
    /// <summary>The whole name, with the folders it lies in.</summary>
    public static string Full(Mailbox folder) => string.Join(" / ", folder.Name.Split(Mailbox.Separator).Select(static (level, depth) => depth == 0 ? Known(level) : level));

    /// <summary>The last level alone: the tree shows where it lies.</summary>
    public static string Short(Mailbox folder) => folder.Name.LastIndexOf(Mailbox.Separator) is >= 0 and int at ? folder.Name[(at + 1)..] : Known(folder.Name);

    /// <summary>Name of the symbol in icons.svg.</summary>
    public static string Icon(Mailbox folder) => folder.Use switch
    {
        _ when folder.Name == Mailbox.Inbox => "inbox",
        SpecialUse.Drafts => "pen",
        SpecialUse.Sent => "sent",
        SpecialUse.Archive => "archive",
        SpecialUse.Junk => "junk",
        SpecialUse.Trash => "trash",
        _ when folder.Name is Snoozing.MailboxName or Later.MailboxName => "clock",
        _ => "folder",
    };

    /// <summary>The program needs it: it has no other name and does not go.</summary>
    public static bool IsFixed(Mailbox folder) => folder.Name is Mailbox.Inbox or Snoozing.MailboxName or Later.MailboxName || folder.Use != SpecialUse.None;

    private static string Known(string name) => name switch
    {
        Mailbox.Inbox => T["Inbox"],
        "Drafts" => T["Drafts"],
        "Sent" => T["Sent"],
        "Archive" => T["Archive"],
        "Junk" => T["Junk"],
        "Trash" => T["Trash"],
        Snoozing.MailboxName => T["Snoozed"],
        Later.MailboxName => T["Scheduled"],
        _ => name,
    };
}

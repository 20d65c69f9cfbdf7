using Posthorn.Core.Mailboxes;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Mail that leaves at a time its writer chose.</summary>
internal static class Later
{
    /// <summary>Name of the mailbox in which its copy waits.</summary>
    public const string MailboxName = "Scheduled";

    public static bool IsLater(Mailbox box) => box.Name == MailboxName;
}

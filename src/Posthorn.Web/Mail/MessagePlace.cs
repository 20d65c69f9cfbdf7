using System.Globalization;
using Posthorn.Core;

namespace Posthorn.Web.Mail;

/// <summary>A message in an address or a form: folder and UID there.</summary>
public sealed record MessagePlace(MailboxId Mailbox, uint Uid)
{
    /// <summary>Null: it is none.</summary>
    public static MessagePlace? Parse(string? text) =>
        text?.Split('.') is [var box, var uid]
        && long.TryParse(box, NumberStyles.None, CultureInfo.InvariantCulture, out long mailbox)
        && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? new MessagePlace(new MailboxId(mailbox), number)
            : null;

    /// <summary>Of its page.</summary>
    public string Address => FormattableString.Invariant($"/mail/{Mailbox.Value}/{Uid}");

    public override string ToString() => FormattableString.Invariant($"{Mailbox.Value}.{Uid}");
}

using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>What a person does with a message. Moving is all that deleting does, so that each can be undone.</summary>
internal static class MailActions
{
    public static void Map(RouteGroupBuilder mail)
    {
        RouteGroupBuilder message = mail.MapGroup("/{box:long}/{uid:long}");
        message.AddEndpointFilter(Guards.OwnForm);
        MapFlag(message, "/unread", FlagOperation.Remove, MessageFlags.Seen, staysOpen: false);
        MapFlag(message, "/flag", FlagOperation.Add, MessageFlags.Flagged, staysOpen: true);
        MapFlag(message, "/unflag", FlagOperation.Remove, MessageFlags.Flagged, staysOpen: true);
        MapMove(message, "/trash", SpecialUse.Trash);
        MapMove(message, "/archive", SpecialUse.Archive);
        MapMove(message, "/junk", SpecialUse.Junk);
        MapMove(message, "/inbox", null);
        message.MapPost("/back", async (long box, uint uid, HttpContext http, Messages messages, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            if (!long.TryParse(form["to"], NumberStyles.None, CultureInfo.InvariantCulture, out long to))
            {
                return Results.BadRequest();
            }

            WebSession session = http.Session();
            Result<Copied> moved = await messages.MoveAsync(session.Actor, session.Account.Id, new MailboxId(box), UidSet.Of(uid), new MailboxId(to), cancel);
            return moved.TryGet(out _, out Refusal? refusal) ? Results.LocalRedirect($"/mail/{to}") : Refused(refusal);
        });
    }

    private static void MapFlag(RouteGroupBuilder message, string path, FlagOperation operation, MessageFlags flag, bool staysOpen) =>
        message.MapPost(path, async (long box, uint uid, HttpContext http, Messages messages, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            Result<FlagsChanged> changed = await messages.ChangeFlagsAsync(
                session.Actor, session.Account.Id, new MailboxId(box), UidSet.Of(uid), new FlagChange(operation, flag, []), null, cancel);
            return changed.TryGet(out _, out Refusal? refusal) ? Results.LocalRedirect(staysOpen ? $"/mail/{box}/{uid}" : $"/mail/{box}") : Refused(refusal);
        });

    /// <param name="use">Null: the inbox.</param>
    private static void MapMove(RouteGroupBuilder message, string path, SpecialUse? use) =>
        message.MapPost(path, async (long box, uint uid, HttpContext http, Messages messages, Mailboxes mailboxes, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            IReadOnlyList<Mailbox> folders = (await mailboxes.ListAsync(session.Actor, session.Account.Id, cancel)).Value;
            if (folders.FirstOrDefault(folder => use is null ? folder.Name == Mailbox.Inbox : folder.Use == use) is not { } target)
            {
                return Results.Text($"There is no folder for it ({use}). Make one in your mail app, with that use.", statusCode: StatusCodes.Status409Conflict);
            }

            Result<Copied> moved = await messages.MoveAsync(session.Actor, session.Account.Id, new MailboxId(box), UidSet.Of(uid), target.Id, cancel);
            return !moved.TryGet(out Copied? copied, out Refusal? refusal) ? Refused(refusal)
                : copied.Destination.IsEmpty ? Results.LocalRedirect($"/mail/{box}")
                : Results.LocalRedirect($"/mail/{box}?moved={new MovedMessage(target.Id, copied.Destination.Enumerate().First())}");
        });

    private static IResult Refused(Refusal refusal) => Results.Text(refusal.Text, statusCode: StatusCodes.Status409Conflict);
}

/// <summary>Where a message was just moved to, so that it can be moved back: folder and UID there.</summary>
public sealed record MovedMessage(MailboxId Mailbox, uint Uid)
{
    public static MovedMessage? Parse(string? text) =>
        text?.Split('.') is [var box, var uid]
        && long.TryParse(box, NumberStyles.None, CultureInfo.InvariantCulture, out long mailbox)
        && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? new MovedMessage(new MailboxId(mailbox), number)
            : null;

    public override string ToString() => FormattableString.Invariant($"{Mailbox.Value}.{Uid}");
}

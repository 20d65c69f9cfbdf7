using System.Globalization;
using Microsoft.AspNetCore.Http;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Web.Mail.Folders;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Notices;

/// <summary>What was just done, said above the list, with the way back where there is one. It travels in the address of the page that follows, as facts and never as words,
/// and what has a name in it under a seal: nobody can write a sentence of theirs into a page of ours with a link.</summary>
public abstract record MailNotice
{
    private MailNotice()
    {
    }

    /// <summary>The last millisecond of the year 9999.</summary>
    internal const long LastMoment = 253_402_300_799_999;

    /// <summary>The part of an address that <see cref="Of"/> reads.</summary>
    protected abstract (string, string) Facts { get; }

    /// <summary>The form that undoes it; null: there is nothing to undo.</summary>
    public virtual NoticeUndo? Undo => null;

    /// <summary>One sentence.</summary>
    public abstract string Text(IReadOnlyList<Mailbox> folders);

    /// <summary>Messages were moved; each group goes back to where it was.</summary>
    /// <param name="Groups">Where they lie now.</param>
    /// <param name="IsWithdrawn">Some of it waited to be sent, and is not sent any more: it goes back to the drafts.</param>
    public sealed record Moved(IReadOnlyList<MovedMessages> Groups, bool IsWithdrawn = false) : MailNotice
    {
        protected override (string, string) Facts => (IsWithdrawn ? "withdrawn" : "moved", MovedMessages.Write(Groups));

        public override NoticeUndo? Undo => new("/mail/back", "moved", MovedMessages.Write(Groups));

        public override string Text(IReadOnlyList<Mailbox> folders)
        {
            long count = Groups.Sum(static group => group.Uids.Count);
            Mailbox? target = folders.FirstOrDefault(folder => folder.Id == Groups[0].Now);
            string where = (count == 1, target) switch
            {
                (true, null) => T["Moved."],
                (true, _) => T["Moved to {0}.", FolderNames.Full(target)],
                (false, null) => T["{0} messages moved.", count],
                (false, _) => T["{0} messages moved to {1}.", count, FolderNames.Full(target)],
            };
            return IsWithdrawn ? where + " " + T["What waited there will not be sent."] : where;
        }
    }

    /// <summary>Messages were taken out of a folder, with the folder itself or without it.</summary>
    /// <param name="Folder">Its full name.</param>
    /// <param name="Since">Not before.</param>
    /// <param name="Before">Earlier than this.</param>
    /// <param name="Seal">Of who reads it.</param>
    public sealed record Removed(string Folder, DateTimeOffset Since, DateTimeOffset Before, int Count, bool IsFolder, NoticeSeal Seal) : MailNotice
    {
        private string Value => Seal.Close(string.Create(
            CultureInfo.InvariantCulture, $"{Since.ToUnixTimeMilliseconds()}.{Before.ToUnixTimeMilliseconds()}.{Count}.{(IsFolder ? 1 : 0)}.{Folder}"));

        protected override (string, string) Facts => ("removed", Value);

        public override NoticeUndo? Undo => new("/mail/folders/restore", "removed", Value);

        public static Removed? Parse(string? text, NoticeSeal seal) =>
            seal.Open(text)?.Split('.', 5) is [var since, var before, var count, var isFolder, { Length: > 0 and <= MailboxName.MaxBytes } folder]
            && Moment(since) is { } from && Moment(before) is { } until && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int messages)
                ? new Removed(folder, from, until, messages, isFolder == "1", seal)
                : null;

        public override string Text(IReadOnlyList<Mailbox> folders) =>
            IsFolder ? T["The folder “{0}” is deleted.", Folder]
            : Count == 1 ? T["1 message deleted."]
            : T["{0} messages deleted.", Count];

        private static DateTimeOffset? Moment(string text) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long moment) && moment <= LastMoment
                ? DateTimeOffset.FromUnixTimeMilliseconds(moment)
                : null;
    }

    /// <summary>A folder has another name or place.</summary>
    /// <param name="Seal">Of who reads it.</param>
    public sealed record Renamed(MailboxId Folder, string OldName, NoticeSeal Seal) : MailNotice
    {
        protected override (string, string) Facts => ("renamed", Seal.Close($"{Folder}.{OldName}"));

        public override NoticeUndo? Undo => new($"/mail/folders/{Folder}/rename", "full", OldName);

        public static Renamed? Parse(string? text, NoticeSeal seal) =>
            seal.Open(text)?.Split('.', 2) is [var box, { Length: > 0 and <= MailboxName.MaxBytes } name] && long.TryParse(box, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
                ? new Renamed(new MailboxId(id), name, seal)
                : null;

        public override string Text(IReadOnlyList<Mailbox> folders) => T["The folder “{0}” is “{1}” now.", OldName, folders.FirstOrDefault(folder => folder.Id == Folder) is { } there ? FolderNames.Full(there) : ""];
    }

    /// <summary>Mail that leaves in a few seconds.</summary>
    public sealed record Sending(SentNotice Sent, int Seconds) : MailNotice
    {
        protected override (string, string) Facts => ("sent", Sent.ToString());

        public override NoticeUndo? Undo => new("/mail/unsend", "sent", Sent.ToString()) { PassesAfter = Seconds };

        public override string Text(IReadOnlyList<Mailbox> folders) => T["Sent. It leaves in {0} seconds.", Seconds];
    }

    /// <summary>Mail that leaves at a time its writer chose.</summary>
    public sealed record SendingLater(SentNotice Sent, DateTimeOffset Leaves, Viewer Viewer) : MailNotice
    {
        protected override (string, string) Facts => ("later", string.Create(CultureInfo.InvariantCulture, $"{Sent}.{Leaves.ToUnixTimeMilliseconds()}"));

        public override NoticeUndo? Undo => new("/mail/unsend", "sent", Sent.ToString());

        public static SendingLater? Parse(string? text, Viewer viewer) =>
            text?.LastIndexOf('.') is > 0 and int at && SentNotice.Parse(text[..at]) is { } sent
            && long.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long moment) && moment <= LastMoment
                ? new SendingLater(sent, DateTimeOffset.FromUnixTimeMilliseconds(moment), viewer)
                : null;

        public override string Text(IReadOnlyList<Mailbox> folders) => T["It leaves on {0}. Until then it lies in “{1}”.", Viewer.Long(Leaves), T["Scheduled"]];
    }

    /// <summary>What needs no way back.</summary>
    public sealed record Said(Fact Fact) : MailNotice
    {
        protected override (string, string) Facts => ("said", Fact.ToString());

        public override string Text(IReadOnlyList<Mailbox> folders) => Fact switch
        {
            Fact.FolderMade => T["The folder is made."],
            Fact.AllRead => T["All messages of this folder are marked as read."],
            Fact.Back => T["It is back."],
            Fact.Sent => T["Sent."],
            Fact.TooLate => T["It is on its way already and cannot be taken back."],
            _ => T["Done."],
        };
    }

    /// <summary>Null: the address says nothing of the kind.</summary>
    internal static MailNotice? Of(HttpContext http, IReadOnlyList<Mailbox> folders)
    {
        (IQueryCollection query, Viewer viewer, NoticeSeal seal) = (http.Request.Query, Viewer.Of(http), NoticeSeal.Of(http));
        return MovedMessages.Parse(query["moved"]) is { } moved ? new Moved(moved)
            : MovedMessages.Parse(query["withdrawn"]) is { } withdrawn ? new Moved(withdrawn, IsWithdrawn: true)
            : Removed.Parse(query["removed"], seal) is { } removed ? removed
            : Renamed.Parse(query["renamed"], seal) is { } renamed && folders.Any(folder => folder.Id == renamed.Folder) ? renamed
            : SendingLater.Parse(query["later"], viewer) is { } later ? later
            : SentNotice.Parse(query["sent"]) is { } sent ? new Sending(sent, viewer.Settings.Composing.UndoSeconds)
            : Enum.TryParse(query["said"], out Fact fact) && Enum.IsDefined(fact) ? new Said(fact)
            : null;
    }

    /// <summary>The script of the page asks, and shows the answer itself.</summary>
    internal static bool IsForScript(HttpContext http) => http.Request.Headers.Accept == "application/json";

    /// <summary>To the page that follows with the notice on it; for the script, the notice alone.</summary>
    internal static IResult Answer(HttpContext http, string next, MailNotice? notice, IReadOnlyList<Mailbox> folders)
    {
        if (IsForScript(http))
        {
            return Results.Json(new { next, text = notice?.Text(folders), undo = notice?.Undo is { } undo ? new { undo.Action, undo.Field, undo.Value } : null });
        }

        return Results.LocalRedirect(notice?.Facts is var (name, value) ? $"{next}{(next.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}" : next);
    }

    /// <summary>Why it was not done.</summary>
    internal static IResult Problem(string text) => Results.Json(new { problem = text }, statusCode: StatusCodes.Status422UnprocessableEntity);
}

/// <summary>The form that undoes what a notice says.</summary>
public sealed record NoticeUndo(string Action, string Field, string Value)
{
    /// <summary>As many seconds from now it is too late; null: not soon.</summary>
    public int? PassesAfter { get; init; }
}

/// <summary>What <see cref="MailNotice.Said"/> says.</summary>
public enum Fact
{
    FolderMade,
    AllRead,
    Back,
    TooLate,
    PutOff,
    Sent,
}

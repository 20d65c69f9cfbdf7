using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;
using Posthorn.Web.Mail.Notices;
using Posthorn.Web.Mail.Reading;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>What a person does with messages: one, all that they ticked, or a whole folder. Whatever moves or deletes can be undone.</summary>
internal sealed class MailActions(MailReading reading, Talks talks, Messages messages, Mailboxes mailboxes, Snoozing snoozing, Composing composing, TimeProvider time)
{
    private static readonly Dictionary<string, FlagChange> Flags = new()
    {
        ["read"] = new FlagChange(FlagOperation.Add, MessageFlags.Seen, []),
        ["unread"] = new FlagChange(FlagOperation.Remove, MessageFlags.Seen, []),
        ["flag"] = new FlagChange(FlagOperation.Add, MessageFlags.Flagged, []),
        ["unflag"] = new FlagChange(FlagOperation.Remove, MessageFlags.Flagged, []),
    };

    private static readonly Dictionary<string, SpecialUse?> Moves = new()
    {
        ["trash"] = SpecialUse.Trash,
        ["archive"] = SpecialUse.Archive,
        ["junk"] = SpecialUse.Junk,
        ["inbox"] = null,
    };

    // A message in the trash or the junk has been thrown away once.
    private const string DeleteForGood = "delete";

    // The list of hits, whose messages lie in many folders, has the address of none.
    private static readonly MailboxId Hits = new(0);

    public static void Map(RouteGroupBuilder mail)
    {
        RouteGroupBuilder forms = mail.MapGroup("");
        forms.AddEndpointFilter(Guards.OwnForm);
        foreach (string action in Flags.Keys.Concat(Moves.Keys).Append(DeleteForGood))
        {
            // The message that is open stays so where only a mark of it changed.
            bool staysOpen = action is "flag" or "unflag" or "read";
            forms.MapPost($"/{{box:long}}/{{uid:long}}/{action}", (long box, uint uid, HttpContext http, MailActions actions, CancellationToken cancel) =>
                actions.ActAsync(http, action, [new Chosen(new MailboxId(box), UidSet.Of(uid))], staysOpen ? $"/mail/{box}/{uid}" : $"/mail/{box}", cancel));
        }

        forms.MapPost("/back", (HttpContext http, MailActions actions, CancellationToken cancel) => actions.BackAsync(http, cancel));
        mail.MapPost("/{box:long}/many", (long box, HttpContext http, MailActions actions, CancellationToken cancel) => actions.ManyAsync(http, new MailboxId(box), cancel))
            .AddEndpointFilter(Guards.OwnFormWithTicks);
    }

    /// <summary>The form around the list: its buttons say what, its ticks or the folder say with which.</summary>
    private async Task<IResult> ManyAsync(HttpContext http, MailboxId box, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string next = BackTo(form["next"]) ?? $"/mail/{box}";
        // A button of one line names its message itself; what is ticked elsewhere is left alone.
        if (form["one"].ToString().Split('.') is [var action, var inBox, var uid] && MessagePlace.Parse($"{inBox}.{uid}") is { } one)
        {
            return await ActAsync(http, action, await WithTalksAsync(http.Session(), box, [new Chosen(one.Mailbox, UidSet.Of(one.Uid))], cancel), next, cancel);
        }

        if (form["uid"].Count > MaxTicked)
        {
            return Refused(http, T["At most {0} messages can be ticked one by one. Tick fewer, or all of the folder.", MaxTicked]);
        }

        IReadOnlyList<Chosen>? chosen = form["whole"] == "true"
            ? await WholeAsync(http.Session(), box, cancel)
            : form["single"] == "true" ? Ticked(form, box) : await WithTalksAsync(http.Session(), box, Ticked(form, box), cancel);
        if (chosen is null)
        {
            return Results.Text(T["There is no such message or folder any more. Go back to /mail."], statusCode: StatusCodes.Status400BadRequest);
        }

        if (long.TryParse(form["to"], NumberStyles.None, CultureInfo.InvariantCulture, out long to))
        {
            return await MoveAsync(http, chosen, new MailboxId(to), next, cancel);
        }

        if (form["snooze"].ToString() is { Length: > 0 } moment)
        {
            return await SnoozeAsync(http, chosen, moment, next, cancel);
        }

        return form["do"] == "snooze" ? await SnoozeAsync(http, chosen, form["until"].ToString(), next, cancel) : await ActAsync(http, form["do"].ToString(), chosen, next, cancel);
    }

    private async Task<IResult> ActAsync(HttpContext http, string action, IReadOnlyList<Chosen> chosen, string next, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (Flags.TryGetValue(action, out FlagChange? change))
        {
            foreach (Chosen group in chosen)
            {
                Result<FlagsChanged> changed = await messages.ChangeFlagsAsync(session.Actor, session.Account.Id, group.Mailbox, group.Uids, change, null, cancel);
                if (!changed.TryGet(out _, out Refusal? refusal))
                {
                    return Refused(http, refusal.Text);
                }
            }

            return MailNotice.Answer(http, next, null, []);
        }

        if (action == DeleteForGood)
        {
            return await DeleteAsync(http, chosen, next, cancel);
        }

        if (!Moves.TryGetValue(action, out SpecialUse? use))
        {
            return Results.BadRequest();
        }

        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        Mailbox? target = folders.FirstOrDefault(folder => use is null ? folder.Name == Mailbox.Inbox : folder.Use == use);
        if (target is null && use is { } missing)
        {
            Result<Mailbox> made = await mailboxes.CreateAsync(session.Actor, session.Account.Id, missing.ToString(), missing, cancel);
            if (!made.TryGet(out target, out Refusal? refusal))
            {
                return Refused(http, refusal.Text);
            }
        }

        return await MoveAsync(http, chosen, target!.Id, next, cancel);
    }

    private async Task<IResult> MoveAsync(HttpContext http, IReadOnlyList<Chosen> chosen, MailboxId to, string next, CancellationToken cancel)
    {
        WebSession session = http.Session();
        var moved = new List<MovedMessages>();
        (IReadOnlyList<Chosen> parts, bool isWithdrawn) = await ByPlanAsync(session, [.. chosen.Where(group => group.Mailbox != to)], cancel);
        foreach (Chosen group in parts.Where(group => group.Mailbox != to))
        {
            UidSet there = UidSet.Empty;
            foreach (UidSet chunk in Chunks(group.Uids))
            {
                Result<Copied> step = await messages.MoveAsync(session.Actor, session.Account.Id, group.Mailbox, chunk, to, cancel);
                if (!step.TryGet(out Copied? copied, out Refusal? refusal))
                {
                    return Refused(http, refusal.Text);
                }

                there = there.Union(copied.Destination);
            }

            if (!there.IsEmpty)
            {
                moved.Add(new MovedMessages(to, there, group.Mailbox) { Snoozed = group.Snoozed });
            }
        }

        return MailNotice.Answer(http, next, moved.Count > 0 ? new MailNotice.Moved(moved, isWithdrawn) : null, await reading.FoldersAsync(session, cancel));
    }

    /// <summary>What is planned for messages ends when they move. What was put off is remembered, so that undo puts it off again; mail that waits to be sent is a draft before it
    /// goes anywhere, and undo makes it one again: it must not leave, nor come to lie where nothing sends it.</summary>
    private async ValueTask<(IReadOnlyList<Chosen> Parts, bool IsWithdrawn)> ByPlanAsync(WebSession session, IReadOnlyList<Chosen> chosen, CancellationToken cancel)
    {
        IReadOnlyList<ScheduledMessage> plans = (await snoozing.ListAsync(session.Actor, session.Account.Id, cancel)).Value;
        var parts = new List<Chosen>();
        var drafts = new List<MessagePlace>();
        foreach (Chosen group in chosen)
        {
            var planned = new HashSet<uint>();
            foreach (ScheduledMessage plan in plans.Where(plan => plan.Envelope is not null && plan.Mailbox == group.Mailbox && group.Uids.Contains(plan.Uid)))
            {
                // Where it is on its way already, its copy moves as any message does.
                if ((await composing.TakeBackAsync(session, plan.Envelope!.Value, new MessagePlace(plan.Mailbox, plan.Uid), cancel)).TryGet(out MessagePlace? draft, out _))
                {
                    planned.Add(plan.Uid);
                    drafts.Add(draft);
                }
            }

            foreach (IGrouping<(DateTimeOffset Due, MailboxId Target), ScheduledMessage> snoozed in plans
                .Where(plan => plan.Kind == ScheduledKind.Snooze && plan.Mailbox == group.Mailbox && group.Uids.Contains(plan.Uid))
                .GroupBy(static plan => (plan.Due, plan.Target)).Take(MovedMessages.MaxGroups / 2))
            {
                parts.Add(new Chosen(group.Mailbox, UidSet.From(snoozed.Select(static plan => plan.Uid).Order())) { Snoozed = snoozed.Key });
                planned.UnionWith(snoozed.Select(static plan => plan.Uid));
            }

            parts.Add(planned.Count == 0 ? group : group with { Uids = UidSet.From(group.Uids.Enumerate().Where(uid => !planned.Contains(uid))) });
        }

        parts.AddRange(drafts.GroupBy(static place => place.Mailbox, static place => place.Uid).Select(static group => new Chosen(group.Key, UidSet.From(group.Order()))));
        return ([.. parts.Where(static part => !part.Uids.IsEmpty)], drafts.Count > 0);
    }

    private async Task<IResult> DeleteAsync(HttpContext http, IReadOnlyList<Chosen> chosen, string next, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (chosen is not [var group] || (await reading.FoldersAsync(session, cancel)).FirstOrDefault(folder => folder.Id == group.Mailbox) is not { Use: SpecialUse.Trash or SpecialUse.Junk } folder)
        {
            return Results.BadRequest();
        }

        DateTimeOffset since = time.GetUtcNow();
        int removed = 0;
        foreach (UidSet chunk in Chunks(group.Uids))
        {
            Result<UidSet> step = await messages.DeleteAsync(session.Actor, session.Account.Id, group.Mailbox, chunk, cancel);
            if (!step.TryGet(out UidSet? gone, out Refusal? refusal))
            {
                return Refused(http, refusal.Text);
            }

            removed += (int)gone.Count;
        }

        return MailNotice.Answer(
            http, next, removed == 0 ? null : new MailNotice.Removed(folder.Name, since, time.GetUtcNow().AddMilliseconds(1), removed, IsFolder: false, NoticeSeal.Of(http)), []);
    }

    /// <param name="moment">A time of the reader's clock, as a browser's field has it: 2026-12-01T08:00.</param>
    private async Task<IResult> SnoozeAsync(HttpContext http, IReadOnlyList<Chosen> chosen, string moment, string next, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (SnoozeTimes.Read(moment, Viewer.Of(http).Zone) is not { } until)
        {
            return Refused(http, T["Choose a time that is to come, within three years."]);
        }

        var moved = new List<MovedMessages>();
        foreach (Chosen group in chosen)
        {
            Result<(MailboxId Mailbox, UidSet Uids)> step = await snoozing.SnoozeAsync(session.Actor, session.Account.Id, group.Mailbox, group.Uids, until, null, cancel);
            if (!step.TryGet(out (MailboxId Mailbox, UidSet Uids) waiting, out Refusal? refusal))
            {
                return Refused(http, refusal.Text);
            }

            if (waiting.Mailbox != group.Mailbox && !waiting.Uids.IsEmpty)
            {
                moved.Add(new MovedMessages(waiting.Mailbox, waiting.Uids, group.Mailbox));
            }
        }

        return MailNotice.Answer(http, next, moved.Count > 0 ? new MailNotice.Moved(moved) : new MailNotice.Said(Fact.PutOff), await reading.FoldersAsync(session, cancel));
    }

    private async Task<IResult> BackAsync(HttpContext http, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        if (MovedMessages.Parse(form["moved"]) is not { } moved)
        {
            return Results.BadRequest();
        }

        foreach (MovedMessages group in moved)
        {
            foreach (UidSet chunk in Chunks(group.Uids, Snoozing.MaxMessages))
            {
                Refusal? refusal = group.Snoozed is var (until, target) && until > time.GetUtcNow()
                    ? (await snoozing.SnoozeAsync(session.Actor, session.Account.Id, group.Now, chunk, until, target, cancel)).Refusal
                    : (await messages.MoveAsync(session.Actor, session.Account.Id, group.Now, chunk, group.Snoozed?.Target ?? group.Before, cancel)).Refusal;
                if (refusal is not null)
                {
                    return Refused(http, refusal.Text);
                }
            }
        }

        return MailNotice.Answer(http, BackTo(form["next"]) ?? $"/mail/{moved[0].Before}", null, []);
    }

    /// <summary>Where the list shows conversations, a line stands for all of one. A hit of a search stands for itself.</summary>
    private async ValueTask<IReadOnlyList<Chosen>> WithTalksAsync(WebSession session, MailboxId list, IReadOnlyList<Chosen> chosen, CancellationToken cancel)
    {
        if (list == Hits || !await talks.AreShownAsync(session, cancel))
        {
            return chosen;
        }

        var whole = new List<Chosen>();
        foreach (Chosen group in chosen)
        {
            whole.Add(group with { Uids = await reading.WholeTalksAsync(session, group.Mailbox, group.Uids, cancel) });
        }

        return whole;
    }

    /// <returns>Null: there is no such folder.</returns>
    private async ValueTask<IReadOnlyList<Chosen>?> WholeAsync(WebSession session, MailboxId box, CancellationToken cancel)
    {
        if (!(await mailboxes.SnapshotAsync(session.Actor, session.Account.Id, box, cancel)).TryGet(out MailboxSnapshot? snapshot, out _))
        {
            return null;
        }

        await snapshot.LoadAsync(cancel);
        return [new Chosen(box, UidSet.From(snapshot.Enumerate().Select(static entry => entry.Uid)))];
    }

    /// <summary>What is ticked: UIDs of this folder, or of a search, folder and UID.</summary>
    private static IReadOnlyList<Chosen> Ticked(IFormCollection form, MailboxId box) =>
    [
        .. form["uid"]
            .Select(text => text?.Contains('.', StringComparison.Ordinal) == true ? MessagePlace.Parse(text) : MessagePlace.Parse($"{box}.{text}"))
            .OfType<MessagePlace>()
            .Where(static place => place.Uid > 0)
            .GroupBy(static place => place.Mailbox, static place => place.Uid)
            .Take(MovedMessages.MaxGroups)
            .Select(static group => new Chosen(group.Key, UidSet.From(group))),
    ];

    /// <summary>Messages ticked one by one; more are a whole folder.</summary>
    public const int MaxTicked = 5_000;

    /// <summary>One transaction moves as many: a whole folder does not stop everybody else.</summary>
    private static IEnumerable<UidSet> Chunks(UidSet uids, int size = Messages.ChunkSize) => uids.Enumerate().Chunk(size).Select(static chunk => UidSet.From(chunk));

    /// <summary>Only ever a page of Mail.</summary>
    internal static string? BackTo(string? next) => next is not null && next.StartsWith("/mail/", StringComparison.Ordinal) && SignInEndpoints.Local(next) == next ? next : null;

    private static IResult Refused(HttpContext http, string text) =>
        MailNotice.IsForScript(http) ? MailNotice.Problem(text) : Results.Text(text, statusCode: StatusCodes.Status409Conflict);

    private sealed record Chosen(MailboxId Mailbox, UidSet Uids)
    {
        /// <inheritdoc cref="MovedMessages.Snoozed"/>
        public (DateTimeOffset Until, MailboxId Target)? Snoozed { get; init; }
    }
}

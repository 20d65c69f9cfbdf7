using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Undelete;
using Posthorn.Web.Mail.Notices;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Folders;

/// <summary>What a person does with folders: make, rename, move, empty, delete, mark all as read. What goes can be had back (Core/Undelete).</summary>
internal sealed class FolderActions(MailReading reading, Mailboxes mailboxes, Messages messages, Undelete undelete, TimeProvider time)
{
    public static void Map(RouteGroupBuilder mail)
    {
        mail.MapGet("/folders", (HttpContext http, FolderActions actions, CancellationToken cancel) => actions.PageAsync(http, null, "", cancel));
        mail.MapGet("/folders/tree", async Task<IResult> (long? at, HttpContext http, MailReading reading, CancellationToken cancel) => new RazorComponentResult<FolderTree>(new
        {
            Folders = await reading.FoldersAsync(http.Session(), cancel),
            Current = at is { } box ? new MailboxId(box) : default(MailboxId?),
        }));
        RouteGroupBuilder forms = mail.MapGroup("/folders");
        forms.AddEndpointFilter(Guards.OwnForm);
        forms.MapPost("/new", (HttpContext http, FolderActions actions, CancellationToken cancel) => actions.CreateAsync(http, cancel));
        forms.MapPost("/{box:long}/rename", (long box, HttpContext http, FolderActions actions, CancellationToken cancel) => actions.RenameAsync(http, new MailboxId(box), cancel));
        forms.MapPost("/{box:long}/delete", (long box, HttpContext http, FolderActions actions, CancellationToken cancel) => actions.DeleteAsync(http, new MailboxId(box), cancel));
        forms.MapPost("/{box:long}/empty", (long box, HttpContext http, FolderActions actions, CancellationToken cancel) => actions.EmptyAsync(http, new MailboxId(box), cancel));
        forms.MapPost("/{box:long}/read", (long box, HttpContext http, FolderActions actions, CancellationToken cancel) => actions.MarkReadAsync(http, new MailboxId(box), cancel));
        forms.MapPost("/restore", (HttpContext http, FolderActions actions, CancellationToken cancel) => actions.RestoreAsync(http, cancel));
    }

    /// <summary>The page of all folders.</summary>
    /// <param name="problem">What was wrong with the form that came.</param>
    /// <param name="name">What was typed as the name of a new folder.</param>
    private async Task<IResult> PageAsync(HttpContext http, string? problem, string name, CancellationToken cancel)
    {
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(http.Session(), cancel);
        http.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        return new RazorComponentResult<FoldersPage>(new
        {
            Viewer = Viewer.Of(http),
            Folders = folders,
            Problem = problem,
            Name = name,
            Notice = MailNotice.Of(http, folders),
        });
    }

    private async Task<IResult> CreateAsync(HttpContext http, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string name = form["name"].ToString();
        if (NameOf(name, form["inside"], await reading.FoldersAsync(session, cancel)) is not { } full)
        {
            return await ProblemAsync(http, NoSeparator, name, cancel);
        }

        Result<Mailbox> made = await mailboxes.CreateAsync(session.Actor, session.Account.Id, full, SpecialUse.None, cancel);
        if (!made.TryGet(out Mailbox? folder, out Refusal? refusal))
        {
            return await ProblemAsync(http, refusal.Text, name, cancel);
        }

        // Other clients show the folders that their owner subscribed to.
        await mailboxes.SubscribeAsync(session.Actor, session.Account.Id, folder.Name, true, cancel);
        return MailNotice.Answer(http, $"/mail/{folder.Id}", new MailNotice.Said(Fact.FolderMade), []);
    }

    /// <summary>Another name, another place, or both.</summary>
    private async Task<IResult> RenameAsync(HttpContext http, MailboxId box, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        if (folders.FirstOrDefault(folder => folder.Id == box) is not { } from)
        {
            return MailEndpoints.Gone();
        }

        // A drag says only where to; the page says both.
        string name = form["name"].ToString() is { Length: > 0 } typed ? typed : FolderNames.Short(from);
        if (FolderNames.IsFixed(from))
        {
            return await ProblemAsync(http, T["This folder is needed as it is."], name, cancel);
        }

        // To undo it, the whole name comes.
        string? full = form["full"].ToString() is { Length: > 0 } whole ? whole : NameOf(name, form["inside"], folders);
        if (full is null)
        {
            return await ProblemAsync(http, NoSeparator, name, cancel);
        }

        if (MailboxName.Normalize(full) == from.Name)
        {
            return Results.LocalRedirect($"/mail/{box}");
        }

        Result<Mailbox> moved = await mailboxes.RenameAsync(session.Actor, session.Account.Id, from.Name, full, cancel);
        if (!moved.TryGet(out Mailbox? folder, out Refusal? refusal))
        {
            return await ProblemAsync(http, refusal.Text, name, cancel);
        }

        await TakeSubscriptionsAlongAsync(session, from.Name, folder.Name, cancel);
        return MailNotice.Answer(http, $"/mail/{box}", new MailNotice.Renamed(box, from.Name, NoticeSeal.Of(http)), [folder]);
    }

    /// <summary>Subscriptions are names (RFC 9051 §6.3.7), which no renaming changes. Who moves a folder wants to see it as before, and those inside it.</summary>
    private async ValueTask TakeSubscriptionsAlongAsync(WebSession session, string from, string to, CancellationToken cancel)
    {
        IReadOnlyList<string> subscribed = (await mailboxes.SubscriptionsAsync(session.Actor, session.Account.Id, cancel)).Value;
        foreach (string name in subscribed.Where(name => name == from || MailboxName.IsInside(name, from)))
        {
            await mailboxes.SubscribeAsync(session.Actor, session.Account.Id, name, false, cancel);
            await mailboxes.SubscribeAsync(session.Actor, session.Account.Id, to + name[from.Length..], true, cancel);
        }
    }

    private async Task<IResult> DeleteAsync(HttpContext http, MailboxId box, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await FolderAsync(session, box, cancel) is not { } folder)
        {
            return MailEndpoints.Gone();
        }

        if (FolderNames.IsFixed(folder))
        {
            return await ProblemAsync(http, T["This folder is needed as it is."], "", cancel);
        }

        DateTimeOffset since = time.GetUtcNow();
        Result<Done> deleted = await mailboxes.DeleteAsync(session.Actor, session.Account.Id, folder.Name, cancel);
        if (!deleted.TryGet(out _, out Refusal? refusal))
        {
            return await ProblemAsync(http, refusal is Refusal.HasChildren ? T["“{0}” has folders inside it. Delete or move those first.", FolderNames.Full(folder)] : refusal.Text, "", cancel);
        }

        await mailboxes.SubscribeAsync(session.Actor, session.Account.Id, folder.Name, false, cancel);
        return MailNotice.Answer(http, "/mail", new MailNotice.Removed(folder.Name, since, After(), folder.Messages, IsFolder: true, NoticeSeal.Of(http)), []);
    }

    private async Task<IResult> EmptyAsync(HttpContext http, MailboxId box, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await FolderAsync(session, box, cancel) is not { } folder
            || !(await mailboxes.SnapshotAsync(session.Actor, session.Account.Id, box, cancel)).TryGet(out MailboxSnapshot? snapshot, out _))
        {
            return MailEndpoints.Gone();
        }

        await snapshot.LoadAsync(cancel);
        DateTimeOffset since = time.GetUtcNow();
        int removed = 0;
        foreach (MessageEntry[] chunk in snapshot.Enumerate().Chunk(Messages.ChunkSize))
        {
            UidSet uids = UidSet.Of(chunk[0].Uid, chunk[^1].Uid);
            Result<UidSet> step = await messages.DeleteAsync(session.Actor, session.Account.Id, box, uids, cancel);
            if (!step.TryGet(out UidSet? gone, out Refusal? refusal))
            {
                return await ProblemAsync(http, refusal.Text, "", cancel);
            }

            removed += (int)gone.Count;
        }

        return MailNotice.Answer(http, $"/mail/{box}", new MailNotice.Removed(folder.Name, since, After(), removed, IsFolder: false, NoticeSeal.Of(http)), []);
    }

    private async Task<IResult> MarkReadAsync(HttpContext http, MailboxId box, CancellationToken cancel)
    {
        WebSession session = http.Session();
        var read = new FlagChange(FlagOperation.Add, MessageFlags.Seen, []);
        Result<FlagsChanged> changed = await messages.ChangeFlagsAsync(session.Actor, session.Account.Id, box, UidSet.All, read, null, cancel);
        return changed.TryGet(out _, out _) ? MailNotice.Answer(http, $"/mail/{box}", new MailNotice.Said(Fact.AllRead), []) : MailEndpoints.Gone();
    }

    private async Task<IResult> RestoreAsync(HttpContext http, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (MailNotice.Removed.Parse((await http.Request.ReadFormAsync(cancel))["removed"], NoticeSeal.Of(http)) is not { } removed)
        {
            return Results.BadRequest();
        }

        RemovedSelection selection = RemovedSelection.All with { Mailbox = removed.Folder, Since = removed.Since, Before = removed.Before };
        Result<int> restored = await undelete.RestoreAsync(session.Actor, session.Account.Id, selection, null, cancel);
        if (!restored.TryGet(out _, out Refusal? refusal))
        {
            return await ProblemAsync(http, refusal.Text, "", cancel);
        }

        // A folder without messages leaves nothing that would bring it back.
        Result<Mailbox> folder = await mailboxes.FindAsync(session.Actor, session.Account.Id, removed.Folder, cancel) is { IsOk: true } there
            ? there
            : await mailboxes.CreateAsync(session.Actor, session.Account.Id, removed.Folder, SpecialUse.None, cancel);
        if (removed.IsFolder)
        {
            await mailboxes.SubscribeAsync(session.Actor, session.Account.Id, removed.Folder, true, cancel);
        }

        return folder.TryGet(out Mailbox? back, out _) ? MailNotice.Answer(http, $"/mail/{back.Id}", new MailNotice.Said(Fact.Back), []) : MailEndpoints.Gone();
    }

    private Task<IResult> ProblemAsync(HttpContext http, string problem, string name, CancellationToken cancel) =>
        MailNotice.IsForScript(http) ? Task.FromResult(MailNotice.Problem(problem)) : PageAsync(http, problem, name, cancel);

    private async ValueTask<Mailbox?> FolderAsync(WebSession session, MailboxId box, CancellationToken cancel) =>
        (await reading.FoldersAsync(session, cancel)).FirstOrDefault(folder => folder.Id == box);

    /// <summary>What was removed until now was removed before this moment: the store counts milliseconds.</summary>
    private DateTimeOffset After() => time.GetUtcNow().AddMilliseconds(1);

    private static string NoSeparator => T["A folder's name cannot have a “/”. To put it inside another folder, choose that one."];

    /// <summary>Null: the name has a separator. Folders go inside others by choosing, not by typing.</summary>
    private static string? NameOf(string name, string? inside, IReadOnlyList<Mailbox> folders)
    {
        string trimmed = name.Trim();
        return trimmed.Contains(Mailbox.Separator, StringComparison.Ordinal) ? null
            : long.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out long parent)
                && folders.FirstOrDefault(folder => folder.Id.Value == parent) is { } outer
                ? outer.Name + Mailbox.Separator + trimmed
                : trimmed;
    }
}

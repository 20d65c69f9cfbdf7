using Microsoft.AspNetCore.Http;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;
using Posthorn.Standards.Smtp;
using Posthorn.Web.Sessions;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Keeps drafts, sends, takes back.</summary>
public sealed class Composing(
    MailReading reading, Mailboxes mailboxes, Messages messages, Outbox outbox, Snoozing snoozing, Recipients recipients, Signatures signatures, SentForms sentForms, StoreOptions limits,
    TimeProvider time)
{
    /// <summary>In this time what was sent can be taken back, where its writer did not choose another.</summary>
    public static readonly TimeSpan UndoTime = TimeSpan.FromSeconds(new ComposingSettings().UndoSeconds);

    /// <summary>Recipients of one message.</summary>
    public const int MaxRecipients = 500;

    /// <summary>Files of one message.</summary>
    public const int MaxFiles = 100;

    private const string ForwardedKeyword = "$Forwarded";

    private static readonly string[] AttachmentWords = ["attached", "attachment", "attaching", "enclosed", "angehängt", "anhang", "anbei", "beigefügt"];

    /// <summary>Addresses that the account may send from.</summary>
    internal ValueTask<IReadOnlyList<string>> SendersAsync(WebSession session, CancellationToken cancel) =>
        recipients.SendersAsync(session.Account.Id, cancel);

    internal ValueTask<IReadOnlyDictionary<string, Signature>> SignaturesAsync(WebSession session, CancellationToken cancel) => signatures.AllAsync(session, cancel);

    internal async ValueTask<ComposeOutcome> SaveAsync(WebSession session, ComposeForm form, IFormCollection posted, CancellationToken cancel)
    {
        Mailbox drafts = await FolderAsync(session, SpecialUse.Drafts, "Drafts", cancel);
        using var parts = await PartsAsync(session, drafts, form, posted, cancel);
        return await SaveAsync(session, drafts, form with { LacksFile = form.LacksFile || parts.LacksFile }, parts, [], cancel);
    }

    /// <summary>Once for each form, however often it is posted (<see cref="SentForms"/>).</summary>
    /// <param name="session">Who sends.</param>
    /// <param name="form">What was written.</param>
    /// <param name="posted">Its files.</param>
    /// <param name="zone">The writer's, for the time it is to leave at.</param>
    internal Task<ComposeOutcome> SendAsync(WebSession session, ComposeForm form, IFormCollection posted, TimeZoneInfo zone) =>
        sentForms.OnceAsync(session.Account.Id, posted, async () => await SendFormAsync(session, form, posted, zone, CancellationToken.None));

    private async ValueTask<ComposeOutcome> SendFormAsync(WebSession session, ComposeForm form, IFormCollection posted, TimeZoneInfo zone, CancellationToken cancel)
    {
        Mailbox drafts = await FolderAsync(session, SpecialUse.Drafts, "Drafts", cancel), sent = await FolderAsync(session, SpecialUse.Sent, "Sent", cancel);
        using var parts = await PartsAsync(session, drafts, form, posted, cancel);
        var problems = new Dictionary<string, string>();
        List<EnvelopeRecipient> all = [];
        foreach ((string field, string typed) in ((string, string)[])[("to", form.To), ("cc", form.Cc), ("bcc", form.Bcc)])
        {
            all.AddRange(await ResolveAsync(field, typed, problems, cancel));
        }

        if (problems.Count == 0 && all.Count == 0)
        {
            problems["to"] = T["Write at least one address to send it to."];
        }
        else if (all.Count > MaxRecipients)
        {
            problems["to"] = T["That are {0} addresses; one message goes to {1} at the most.", all.Count, MaxRecipients];
        }

        DateTimeOffset? later = form.Later.Length == 0 ? null : SnoozeTimes.Read(form.Later, zone);
        if (form.Later.Length > 0 && (later is null || later <= time.GetUtcNow() || later > time.GetUtcNow() + Snoozing.Farthest))
        {
            problems["later"] = T["Choose a time that is to come, within three years."];
        }

        MailboxAddress from = await SenderAsync(session, form, problems, cancel);
        if (problems.Count == 0 && (parts.LacksFile || (form.LacksFile && !form.IsConfirmed)))
        {
            problems["attachment"] = LackingFile;
            form = form with { LacksFile = true };
        }

        if (form.IsRich && RichText.IsTooMuch(form.Html))
        {
            return await SaveAsync(session, drafts, form, parts, problems, cancel);
        }

        string text = form.IsRich ? MessageText.OwnOf(form.Html) : form.Text;
        if (problems.Count == 0 && session.Settings.Composing.WarnsOfMissingFile && !form.IsConfirmed && parts.Files.Count == 0 && MentionsFile(text))
        {
            problems["attachment"] = T["Your text mentions an attachment, and there is none. Attach the file, or send it as it is."];
        }

        if (problems.Count > 0)
        {
            // Saved first: files that came with the form would be gone otherwise.
            return await SaveAsync(session, drafts, form, parts, problems, cancel);
        }

        using MimeMessage message = OutgoingMessage.Of(form, from, parts.Files, time.GetUtcNow());
        await using IncomingMessage copy = await OutgoingMessage.StoreAsync(message, withBcc: true, messages, cancel);
        await using IncomingMessage? blind = message.Bcc.Count > 0 ? await OutgoingMessage.StoreAsync(message, withBcc: false, messages, cancel) : null;
        if (copy.Length > limits.MaxMessageBytes)
        {
            problems["attachment"] = TooLarge(copy.Length);
            return new ComposeOutcome(form, drafts.Id, parts.Kept, problems);
        }

        DateTimeOffset now = time.GetUtcNow();
        var envelope = new Envelope(session.Account.Address, all, [], now)
        {
            HoldUntil = later ?? (session.Settings.Composing.UndoSeconds is > 0 and int seconds ? now.AddSeconds(seconds) : null),
            Submitter = session.Account.Id,
            Remote = session.Actor.Remote,
            IsSmtpUtf8 = OutgoingMessage.NeedsUtf8(message),
        };
        (MailboxId, uint)? draft = form.Draft is { } uid ? (drafts.Id, uid) : null;
        Result<SentMail> result = await outbox.SendAsync(
            session.Actor, session.Account.Id, envelope, blind ?? copy, copy, sent.Id,
            later is null ? null : (await FolderAsync(session, SpecialUse.None, Later.MailboxName, cancel)).Id, draft, cancel);
        if (!result.TryGet(out SentMail? mail, out Refusal? refusal))
        {
            problems["to"] = refusal.Text;
            return await SaveAsync(session, drafts, form, parts, problems, cancel);
        }

        await MarkOriginAsync(session, form, cancel);
        return new ComposeOutcome(form, drafts.Id, [], problems) { Sent = new SentNotice(mail.Envelope ?? default, mail.Copy), Leaves = later };
    }

    /// <summary>A draft goes to the trash: it can be had back from there.</summary>
    internal async ValueTask DiscardAsync(WebSession session, ComposeForm form, CancellationToken cancel)
    {
        if (form.Draft is { } uid)
        {
            Mailbox drafts = await FolderAsync(session, SpecialUse.Drafts, "Drafts", cancel), trash = await FolderAsync(session, SpecialUse.Trash, "Trash", cancel);
            await messages.MoveAsync(session.Actor, session.Account.Id, drafts.Id, UidSet.Of(uid), trash.Id, cancel);
        }
    }

    internal async ValueTask<Result<MessagePlace>> TakeBackAsync(WebSession session, SentNotice? notice, CancellationToken cancel)
    {
        if (notice is null)
        {
            return new Refusal.NotFound("such message");
        }

        Mailbox sent = await FolderAsync(session, SpecialUse.Sent, "Sent", cancel);
        // The copy of what is sent later waits in another folder.
        MailboxId box = (await snoozing.ListAsync(session.Actor, session.Account.Id, cancel)).Value
            .FirstOrDefault(planned => planned.Envelope == notice.Envelope && planned.Uid == notice.Copy)?.Mailbox ?? sent.Id;
        return await TakeBackAsync(session, notice.Envelope, new MessagePlace(box, notice.Copy), cancel);
    }

    /// <param name="session">Whose mail.</param>
    /// <param name="envelope">In the queue.</param>
    /// <param name="copy">Where its copy lies.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async ValueTask<Result<MessagePlace>> TakeBackAsync(WebSession session, EnvelopeId envelope, MessagePlace copy, CancellationToken cancel)
    {
        Mailbox drafts = await FolderAsync(session, SpecialUse.Drafts, "Drafts", cancel);
        Result<uint> draft = await outbox.TakeBackAsync(session.Actor, session.Account.Id, envelope, copy.Mailbox, copy.Uid, drafts.Id, cancel);
        if (!draft.TryGet(out uint uid, out Refusal? refusal))
        {
            return refusal;
        }

        sentForms.Forget(new SentNotice(envelope, copy.Uid));
        return new MessagePlace(drafts.Id, uid);
    }

    private async ValueTask<ComposeOutcome> SaveAsync(
        WebSession session, Mailbox drafts, ComposeForm form, ComposeParts parts, Dictionary<string, string> problems, CancellationToken cancel)
    {
        if (form.IsRich && RichText.IsTooMuch(form.Html))
        {
            problems["attachment"] = T["The text with its pictures is too long to be kept. Take a picture out of it, or attach the picture as a file."];
            return new ComposeOutcome(form, drafts.Id, parts.Kept, problems);
        }

        var ignored = new Dictionary<string, string>();
        MailboxAddress from = await SenderAsync(session, form, ignored, cancel);
        using MimeMessage message = OutgoingMessage.Of(form, from, parts.Files, time.GetUtcNow());
        await using IncomingMessage content = await OutgoingMessage.StoreAsync(message, withBcc: true, messages, cancel);
        Result<uint> saved = content.Length > limits.MaxMessageBytes
            ? new Refusal.Invalid(TooLarge(content.Length))
            : await outbox.SaveAsync(session.Actor, session.Account.Id, drafts.Id, content, form.Draft, cancel);
        if (!saved.TryGet(out uint uid, out Refusal? refusal))
        {
            problems.TryAdd("attachment", refusal.Text);
            return new ComposeOutcome(form, drafts.Id, parts.Kept, problems);
        }

        return new ComposeOutcome(form with { Draft = uid }, drafts.Id, ShownMessage.FilesOf(message, isDraft: true), problems);
    }

    /// <summary>Files that stay (of the draft, or of what is forwarded) and files that came with the form.</summary>
    private async ValueTask<ComposeParts> PartsAsync(WebSession session, Mailbox drafts, ComposeForm form, IFormCollection posted, CancellationToken cancel)
    {
        MessagePlace? source = form.Draft is { } draft ? new MessagePlace(drafts.Id, draft) : form.Kind is Writing.Forward or Writing.ForwardAsFile ? form.Origin : null;
        var parts = new ComposeParts();
        HashSet<string?> kept = [.. posted["keep"]];
        if (source is not null && await reading.OpenAsync(session, source.Mailbox, source.Uid, cancel) is var (_, content))
        {
            await using MessageContent opened = content;
            MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
            if (form.Draft is null && form.Kind == Writing.ForwardAsFile)
            {
                if (kept.Contains("0"))
                {
                    parts.AddWhole(message, opened.Length);
                }
            }
            else
            {
                parts.Keep(message, form.Draft is not null, index => kept.Contains(index.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            }
        }

        // Moved, deleted or saved anew from elsewhere since the form was shown.
        parts.LacksFile = parts.Files.Count < kept.Count;
        foreach (IFormFile file in posted.Files.Where(static file => file.FileName.Length > 0).Take(MaxFiles))
        {
            parts.Add(file);
        }

        return parts;
    }

    private async ValueTask<List<EnvelopeRecipient>> ResolveAsync(string field, string typed, Dictionary<string, string> problems, CancellationToken cancel)
    {
        List<EnvelopeRecipient> found = [];
        if (!AddressList.TryParse(typed, out InternetAddressList? list, out string? wrong))
        {
            problems[field] = T["“{0}” is not an address. Write it as name@example.org, with a comma between two.", wrong];
            return found;
        }

        foreach (MailboxAddress mailbox in list.Mailboxes.Take(MaxRecipients + 1))
        {
            EmailAddress address = EmailAddress.Parse(mailbox.Address);
            Recipient target = await recipients.ResolveAsync(address, cancel);
            string? problem = target switch
            {
                Recipient.Unknown => T["There is nobody with the address {0}.", mailbox.Address],
                Recipient.Disabled => T["{0} takes no mail at present.", mailbox.Address],
                Recipient.OverQuota => T["The mailbox of {0} is full.", mailbox.Address],
                _ => null,
            };
            if (problem is not null)
            {
                problems[field] = problem;
            }

            found.Add(new EnvelopeRecipient(address.ToString(), target, DsnNotify.Default, null));
        }

        return found;
    }

    private async ValueTask<MailboxAddress> SenderAsync(WebSession session, ComposeForm form, Dictionary<string, string> problems, CancellationToken cancel)
    {
        string own = session.Account.Address;
        if (form.From.Length == 0 || form.From == own)
        {
            return Named(own);
        }

        bool isAllowed = EmailAddress.TryParse(form.From, out EmailAddress? address) && await recipients.MaySendAsAsync(session.Account, address, cancel);
        if (!isAllowed)
        {
            problems["from"] = T["This is none of your addresses. Choose one of the list."];
        }

        return Named(isAllowed ? form.From : own);

        MailboxAddress Named(string sender) => new(session.Settings.Senders.NameOf(sender, session.Account.Name), sender);
    }

    private async ValueTask MarkOriginAsync(WebSession session, ComposeForm form, CancellationToken cancel)
    {
        if (form.Origin is { } origin)
        {
            FlagChange mark = form.Kind is Writing.Forward or Writing.ForwardAsFile
                ? new FlagChange(FlagOperation.Add, MessageFlags.None, [ForwardedKeyword])
                : new FlagChange(FlagOperation.Add, MessageFlags.Answered, []);
            await messages.ChangeFlagsAsync(session.Actor, session.Account.Id, origin.Mailbox, UidSet.Of(origin.Uid), mark, null, cancel);
        }
    }

    /// <summary>The folder of this use; made when there is none.</summary>
    private async ValueTask<Mailbox> FolderAsync(WebSession session, SpecialUse use, string name, CancellationToken cancel)
    {
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        return folders.FirstOrDefault(folder => use != SpecialUse.None && folder.Use == use && !folder.IsContainer)
            ?? folders.FirstOrDefault(folder => folder.Name == name && !folder.IsContainer)
            ?? (await mailboxes.CreateAsync(session.Actor, session.Account.Id, name, use, cancel)).Value;
    }

    private static bool MentionsFile(string text)
    {
        // What is quoted was written by somebody else.
        IEnumerable<string> own = text.ReplaceLineEndings("\n").Split('\n').Where(static line => !line.StartsWith('>'));
        return own.Any(static line => AttachmentWords.Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>What is said where files of the form are gone.</summary>
    internal static string LackingFile =>
        T["A file of this message is not there any more: what it came from was moved or deleted, or the draft was saved in another window. Attach it again, or send the message without it."];

    private string TooLarge(long octets) =>
        T["With its files the message has {0:0.0} MB; {1:0} MB can be sent. Leave a file out, or share it in another way.", octets / 1_048_576.0, limits.MaxMessageBytes / 1_048_576.0];
}

/// <param name="Form">As it was posted, with the draft's present UID.</param>
/// <param name="Drafts">Where drafts lie.</param>
/// <param name="Files">Of the draft now.</param>
/// <param name="Problems">By field; empty: none.</param>
internal sealed record ComposeOutcome(ComposeForm Form, MailboxId Drafts, IReadOnlyList<ShownAttachment> Files, IReadOnlyDictionary<string, string> Problems)
{
    /// <summary>Null: it was not sent.</summary>
    public SentNotice? Sent { get; init; }

    /// <summary>When it leaves, by its writer's wish; null: at once.</summary>
    public DateTimeOffset? Leaves { get; init; }
}

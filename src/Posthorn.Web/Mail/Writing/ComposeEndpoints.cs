using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Web.Mail.Notices;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Writing;

/// <summary>The addresses under which a message is written: a new one, an answer, a draft that goes on; the form's buttons.</summary>
internal static class ComposeEndpoints
{
    public static void Map(RouteGroupBuilder mail)
    {
        mail.MapGet("/new", async (string? to, string? cc, string? bcc, string? subject, string? body, HttpContext http, Composing composing, CancellationToken cancel) =>
            await StartAsync(http, composing, new ComposeForm { To = to ?? "", Cc = cc ?? "", Bcc = bcc ?? "", Subject = subject ?? "", Text = body ?? "" }, [], cancel));
        mail.MapGet("/{box:long}/{uid:long}/reply", (long box, uint uid, bool? all, HttpContext http, MailReading reading, Composing composing, CancellationToken cancel) =>
            AnswerAsync(http, reading, composing, new MessagePlace(new MailboxId(box), uid), all == true ? Writing.ReplyAll : Writing.Reply, cancel));
        mail.MapGet("/{box:long}/{uid:long}/forward", (long box, uint uid, string? @as, HttpContext http, MailReading reading, Composing composing, CancellationToken cancel) =>
            AnswerAsync(http, reading, composing, new MessagePlace(new MailboxId(box), uid), @as == "file" ? Writing.ForwardAsFile : Writing.Forward, cancel));
        mail.MapGet("/{box:long}/{uid:long}/edit", (long box, uint uid, HttpContext http, MailReading reading, Composing composing, CancellationToken cancel) =>
            DraftAsync(http, reading, composing, new MessagePlace(new MailboxId(box), uid), cancel));
        mail.MapGet("/addresses", async (string? q, HttpContext http, Correspondents correspondents, CancellationToken cancel) =>
            Results.Json((await correspondents.FindAsync(http.Session(), q ?? "", cancel)).Select(static known => new
            {
                address = known.Address,
                shown = AddressList.InWords(new MailboxAddress(known.Name, known.Address)),
            })));
        RouteGroupBuilder forms = mail.MapGroup("");
        forms.AddEndpointFilter(Guards.OwnFormWithFiles);
        forms.MapPost("/compose", PostAsync);
        RouteGroupBuilder undo = mail.MapGroup("");
        undo.AddEndpointFilter(Guards.OwnForm);
        undo.MapPost("/unsend", async (HttpContext http, Composing composing, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            Result<MessagePlace> draft = await composing.TakeBackAsync(http.Session(), SentNotice.Parse(form["sent"]), cancel);
            return draft.TryGet(out MessagePlace? place, out _)
                ? Results.LocalRedirect($"/mail/{place.Mailbox}/{place.Uid}/edit")
                : Results.LocalRedirect($"/mail?said={nameof(Notices.Fact.TooLate)}");
        });
    }

    private static async Task<IResult> PostAsync(HttpContext http, MailReading reading, Composing composing, CancellationToken cancel)
    {
        IFormCollection posted = await http.Request.ReadFormAsync(cancel);
        ComposeForm form = ComposeForm.Of(posted);
        if (posted["quote"] == "true" && form.Origin is { } answered)
        {
            form = form with { Text = await WithQuoteAsync(http, reading, answered, form.Text, cancel) };
        }

        bool isScript = http.Request.Headers.Accept == "application/json";
        WebSession session = http.Session();
        switch (form.Later.Length > 0 && posted["do"] != "save" && posted["do"] != "discard" && posted["do"] != "attach" ? "send" : posted["do"].ToString())
        {
            case "discard":
                await composing.DiscardAsync(session, form, cancel);
                return Results.LocalRedirect("/mail");
            case "send":
                ComposeOutcome sent = await composing.SendAsync(session, form, posted, Viewer.Of(http).Zone);
                return sent.Sent is { } notice
                    ? MailNotice.Answer(http, form.Origin is { } origin ? $"/mail/{origin.Mailbox}" : "/mail", NoticeOf(http, sent, notice), [])
                    : await RefusedAsync(http, composing, sent, cancel);
            default:
                ComposeOutcome saved = await composing.SaveAsync(session, form, posted, cancel);
                return isScript ? Results.Json(Summary(saved), statusCode: saved.Problems.Count == 0 ? 200 : 422)
                    : saved.Problems.Count > 0 ? await RefusedAsync(http, composing, saved, cancel)
                    : Results.LocalRedirect($"/mail/{saved.Drafts}/{saved.Form.Draft}/edit?saved=true");
        }
    }

    private static MailNotice NoticeOf(HttpContext http, ComposeOutcome sent, SentNotice notice) =>
        sent.Leaves is { } leaves ? new MailNotice.SendingLater(notice, leaves, Viewer.Of(http))
        : http.Session().Settings.Composing.UndoSeconds is > 0 and int seconds ? new MailNotice.Sending(notice, seconds)
        : new MailNotice.Said(Fact.Sent);

    /// <summary>An answer from below the message: what it answers stands under it, as it would in the editor.</summary>
    private static async Task<string> WithQuoteAsync(HttpContext http, MailReading reading, MessagePlace origin, string text, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), origin.Mailbox, origin.Uid, cancel) is not var (_, content))
        {
            return text;
        }

        await using MessageContent opened = content;
        using MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
        return text.TrimEnd() + Answers.To(message, origin, Writing.Reply, []).Text;
    }

    // What the page's script shows after a save of its own.
    private static object Summary(ComposeOutcome outcome) => new
    {
        draft = outcome.Form.Draft,
        problem = outcome.Problems.Values.FirstOrDefault(),
        lacking = outcome.Form.LacksFile ? Composing.LackingFile : null,
        files = outcome.Files.Select(static file => new { file.Index, file.Name, file.Size }),
    };

    private static async Task<IResult> AnswerAsync(
        HttpContext http, MailReading reading, Composing composing, MessagePlace origin, Writing kind, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await reading.OpenAsync(session, origin.Mailbox, origin.Uid, cancel) is not var (_, content))
        {
            return MailEndpoints.Gone();
        }

        await using MessageContent opened = content;
        (MimeMessage read, bool isWhole) = await ShownMessage.ReadAsync(opened, cancel);
        using MimeMessage message = read;
        return kind switch
        {
            Writing.Forward => await StartAsync(http, composing, Answers.Forward(message, origin) with { LacksFile = !isWhole }, ShownMessage.FilesOf(message), cancel),
            Writing.ForwardAsFile => await StartAsync(http, composing, Answers.ForwardAsFile(message, origin) with { LacksFile = !isWhole }, [ComposeParts.Whole(message, opened.Length)], cancel),
            _ => await StartAsync(http, composing, Answers.To(message, origin, kind, await composing.SendersAsync(session, cancel)), [], cancel),
        };
    }

    /// <summary>A message that begins: from the address its writer usually takes or was written to, with the signature of that address.</summary>
    private static async Task<IResult> StartAsync(HttpContext http, Composing composing, ComposeForm form, IReadOnlyList<ShownAttachment> files, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IReadOnlyList<string> senders = await composing.SendersAsync(session, cancel);
        ComposeForm begun = form with { From = form.From.Length > 0 ? form.From : session.Settings.Senders.UsualAmong(senders) };
        Signature? signature = (await composing.SignaturesAsync(session, cancel)).GetValueOrDefault(begun.From);
        return await PageAsync(http, composing, Answers.WithSignature(begun, signature, session.Settings.Composing.SignaturePlace), files, cancel);
    }

    private static async Task<IResult> DraftAsync(HttpContext http, MailReading reading, Composing composing, MessagePlace draft, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), draft.Mailbox, draft.Uid, cancel) is not var (_, content))
        {
            return MailEndpoints.Gone();
        }

        await using MessageContent opened = content;
        (MimeMessage read, bool isWhole) = await ShownMessage.ReadAsync(opened, cancel);
        using MimeMessage message = read;
        return await PageAsync(http, composing, ComposeForm.Of(message, draft.Uid) with { LacksFile = !isWhole }, ShownMessage.FilesOf(message, isDraft: true), cancel);
    }

    private static async Task<IResult> RefusedAsync(HttpContext http, Composing composing, ComposeOutcome outcome, CancellationToken cancel)
    {
        http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return await PageAsync(http, composing, outcome.Form, outcome.Files, cancel, outcome.Problems);
    }

    private static async Task<IResult> PageAsync(
        HttpContext http, Composing composing, ComposeForm form, IReadOnlyList<ShownAttachment> files, CancellationToken cancel,
        IReadOnlyDictionary<string, string>? problems = null)
    {
        WebSession session = http.Session();
        return new RazorComponentResult<ComposePage>(new
        {
            Viewer = Viewer.Of(http),
            Form = form,
            Files = files,
            Senders = await composing.SendersAsync(session, cancel),
            Signatures = await composing.SignaturesAsync(session, cancel),
            OwnName = session.Account.Name,
            Problems = problems ?? new Dictionary<string, string>(),
            IsSaved = http.Request.Query["saved"] == "true",
        });
    }
}

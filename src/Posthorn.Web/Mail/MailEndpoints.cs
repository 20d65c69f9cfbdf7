using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>The addresses of Mail: a folder, a message in it, the message's HTML, attachments and source.</summary>
internal static class MailEndpoints
{
    public static void Map(RouteGroupBuilder mail)
    {
        mail.MapGet("/", async (HttpContext http, MailReading reading, CancellationToken cancel) =>
            Results.LocalRedirect($"/mail/{(await reading.FoldersAsync(http.Session(), cancel))[0].Id}"));
        mail.MapGet("/{box:long}", (long box, int? page, string? moved, HttpContext http, MailReading reading, CancellationToken cancel) =>
            FolderAsync(http, reading, new MailboxId(box), page ?? 0, moved, cancel));
        mail.MapGet("/{box:long}/{uid:long}", (long box, uint uid, int? page, HttpContext http, MailReading reading, Messages messages, CancellationToken cancel) =>
            MessageAsync(http, reading, messages, new MailboxId(box), uid, page ?? 0, cancel));
        mail.MapGet("/{box:long}/{uid:long}/html", (long box, uint uid, bool? pictures, HttpContext http, MailReading reading, CancellationToken cancel) =>
            HtmlAsync(http, reading, new MailboxId(box), uid, pictures == true, cancel));
        mail.MapGet("/{box:long}/{uid:long}/attachments/{index:int}", (long box, uint uid, int index, HttpContext http, MailReading reading, CancellationToken cancel) =>
            AttachmentAsync(http, reading, new MailboxId(box), uid, index, cancel));
        mail.MapGet("/{box:long}/{uid:long}/source", (long box, uint uid, bool? save, HttpContext http, MailReading reading, CancellationToken cancel) =>
            SourceAsync(http, reading, new MailboxId(box), uid, save == true, cancel));
    }

    private static async Task<IResult> FolderAsync(HttpContext http, MailReading reading, MailboxId box, int page, string? moved, CancellationToken cancel)
    {
        WebSession session = http.Session();
        return (await reading.ListAsync(session, box, page, cancel)).TryGet(out MessageList? list, out _)
            ? new RazorComponentResult<MailPage>(new
            {
                Viewer = Viewer.Of(http),
                Folders = await reading.FoldersAsync(session, cancel),
                List = list,
                Moved = MovedMessage.Parse(moved),
            })
            : Gone();
    }

    private static async Task<IResult> MessageAsync(
        HttpContext http, MailReading reading, Messages messages, MailboxId box, uint uid, int page, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await reading.OpenAsync(session, box, uid, cancel) is not var (row, content))
        {
            return Gone();
        }

        await using MessageContent opened = content;
        using MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
        if (!row.Flags.HasFlag(MessageFlags.Seen))
        {
            await messages.ChangeFlagsAsync(
                session.Actor, session.Account.Id, box, UidSet.Of(uid), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, cancel);
        }

        return (await reading.ListAsync(session, box, page, cancel)).TryGet(out MessageList? list, out _)
            ? new RazorComponentResult<MailPage>(new
            {
                Viewer = Viewer.Of(http),
                Folders = await reading.FoldersAsync(session, cancel),
                List = list,
                Message = ShownMessage.Of(row, message),
                WithPictures = http.Request.Query["pictures"] == "true",
                AsksOthers = message.HtmlBody is { } html && HtmlDocument.AsksOthers(html),
            })
            : Gone();
    }

    private static async Task<IResult> HtmlAsync(HttpContext http, MailReading reading, MailboxId box, uint uid, bool withPictures, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), box, uid, cancel) is not var (_, content))
        {
            return Gone();
        }

        await using MessageContent opened = content;
        using MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
        http.Response.Headers.ContentSecurityPolicy = HtmlDocument.Policy(withPictures);
        return Results.Text(HtmlDocument.Of(message), "text/html; charset=utf-8");
    }

    private static async Task<IResult> AttachmentAsync(HttpContext http, MailReading reading, MailboxId box, uint uid, int index, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), box, uid, cancel) is not var (_, content))
        {
            return Gone();
        }

        await using MessageContent opened = content;
        using MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
        MimeEntity? part = index < 0 ? null : ShownMessage.AttachmentsOf(message).ElementAtOrDefault(index);
        if (part is null)
        {
            return Gone();
        }

        return Results.Stream(
            async body =>
            {
                // The message goes with the answer: what is decoded must be read while it is there.
                if (part is MessagePart { Message: { } inner })
                {
                    await inner.WriteToAsync(body, cancel);
                }
                else if (part is MimePart { Content: { } octets })
                {
                    await octets.DecodeToAsync(body, cancel);
                }
            },
            "application/octet-stream", ShownMessage.NameOf(part, index)) is var answer
            ? await ExecuteAsync(http, answer)
            : Gone();
    }

    private static async Task<IResult> SourceAsync(HttpContext http, MailReading reading, MailboxId box, uint uid, bool save, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), box, uid, cancel) is not var (_, content))
        {
            return Gone();
        }

        await using MessageContent opened = content;
        await using Stream octets = opened.OpenRead();
        return await ExecuteAsync(http, save ? Results.Stream(octets, "message/rfc822", $"message-{uid}.eml") : Results.Stream(octets, "text/plain; charset=utf-8"));
    }

    /// <summary>Answers now, while what the answer reads from is open.</summary>
    private static async Task<IResult> ExecuteAsync(HttpContext http, IResult answer)
    {
        await answer.ExecuteAsync(http);
        return Results.Empty;
    }

    private static IResult Gone() => Results.Text("There is no such message or folder any more. Go back to /mail.", statusCode: StatusCodes.Status404NotFound);
}

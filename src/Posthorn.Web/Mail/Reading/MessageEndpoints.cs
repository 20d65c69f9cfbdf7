using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Parts of one message under addresses of their own: its HTML, its files, its source, a form to print.</summary>
internal static class MessageEndpoints
{
    public static void Map(RouteGroupBuilder mail)
    {
        RouteGroupBuilder one = mail.MapGroup("/{box:long}/{uid:long}");
        one.MapGet("/html", (long box, uint uid, bool? pictures, HttpContext http, MailReading reading, SenderPictures senders, CancellationToken cancel) =>
            HtmlAsync(http, reading, senders, Place(box, uid), pictures == true, cancel));
        one.MapGet("/print", (long box, uint uid, bool? pictures, HttpContext http, MailReading reading, SenderPictures senders, CancellationToken cancel) =>
            PrintAsync(http, reading, senders, Place(box, uid), pictures == true, cancel));
        one.MapGet("/attachments/{index:int}", (long box, uint uid, int index, HttpContext http, MailReading reading, CancellationToken cancel) =>
            AttachmentAsync(http, reading, Place(box, uid), index, cancel));
        one.MapGet("/attachments/{index:int}/view", (long box, uint uid, int index, HttpContext http, MailReading reading, CancellationToken cancel) =>
            ViewAsync(http, reading, Place(box, uid), index, cancel));
        one.MapGet("/attachments.zip", (long box, uint uid, HttpContext http, MailReading reading, CancellationToken cancel) =>
            ZipAsync(http, reading, Place(box, uid), cancel));
        one.MapGet("/source", (long box, uint uid, bool? save, HttpContext http, MailReading reading, CancellationToken cancel) =>
            SourceAsync(http, reading, Place(box, uid), save == true, cancel));
        RouteGroupBuilder forms = one.MapGroup("");
        forms.AddEndpointFilter(Guards.OwnForm);
        forms.MapPost("/pictures", (long box, uint uid, HttpContext http, MailReading reading, SenderPictures senders, CancellationToken cancel) =>
            AllowAsync(http, reading, senders, Place(box, uid), cancel));
        forms.MapPost("/unsubscribe", (long box, uint uid, HttpContext http, MailReading reading, Unsubscribing unsubscribing, CancellationToken cancel) =>
            UnsubscribeAsync(http, reading, unsubscribing, Place(box, uid), cancel));
    }

    private static MessagePlace Place(long box, uint uid) => new(new MailboxId(box), uid);

    private static Task<IResult> HtmlAsync(HttpContext http, MailReading reading, SenderPictures senders, MessagePlace place, bool withPictures, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (row, message) =>
        {
            bool areShown = await senders.AreLoadedAsync(http.Session(), row, message, withPictures, cancel);
            http.Response.Headers.ContentSecurityPolicy = HtmlDocument.Policy(areShown);
            return Results.Text(HtmlDocument.Of(message), "text/html; charset=utf-8");
        }, cancel);

    private static Task<IResult> PrintAsync(HttpContext http, MailReading reading, SenderPictures senders, MessagePlace place, bool withPictures, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (row, message) =>
        {
            bool areShown = await senders.AreLoadedAsync(http.Session(), row, message, withPictures, cancel);
            http.Response.Headers.ContentSecurityPolicy = HtmlDocument.Policy(areShown);
            return Results.Text(PrintedMessage.Of(ShownMessage.Of(row, message), message, Viewer.Of(http)), "text/html; charset=utf-8");
        }, cancel);

    private static Task<IResult> AttachmentAsync(HttpContext http, MailReading reading, MessagePlace place, int index, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (_, message) => PartOf(message, index) is { } part
            ? await ExecuteAsync(http, Results.Stream(body => WriteAsync(part, body, cancel), "application/octet-stream", ShownMessage.NameOf(part, index)))
            : MailEndpoints.Gone(), cancel);

    /// <summary>A file as the browser itself shows it: a picture, a PDF, a text. Nothing else, and nothing of it runs.</summary>
    private static Task<IResult> ViewAsync(HttpContext http, MailReading reading, MessagePlace place, int index, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (_, message) =>
        {
            if (PartOf(message, index) is not { } part || FilePreview.Of(part) is not { } preview)
            {
                return MailEndpoints.Gone();
            }

            http.Response.Headers.ContentSecurityPolicy = preview.Policy;
            http.Response.Headers.ContentDisposition = "inline";
            return preview.Kind == PreviewKind.Text
                ? Results.Text(FilePreview.TextOf(part), "text/plain; charset=utf-8")
                : await ExecuteAsync(http, Results.Stream(body => WriteAsync(part, body, cancel), preview.MediaType));
        }, cancel);

    /// <summary>All files in one, made while it goes out.</summary>
    private static Task<IResult> ZipAsync(HttpContext http, MailReading reading, MessagePlace place, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (_, message) =>
        {
            MimeEntity[] parts = [.. ShownMessage.AttachmentsOf(message)];
            // The end of each entry is written without waiting, a few octets that stay in the buffer: ZipArchive has no other way.
            if (http.Features.Get<IHttpBodyControlFeature>() is { } control)
            {
                control.AllowSynchronousIO = true;
            }

            return await ExecuteAsync(http, Results.Stream(
                async body =>
                {
                    await using ZipArchive zip = await ZipArchive.CreateAsync(body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
                    foreach ((string name, MimeEntity part) in FilePreview.DistinctNames(parts).Zip(parts))
                    {
                        // What people attach is mostly compressed already.
                        await using Stream entry = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);
                        await WriteAsync(part, entry, cancel);
                    }
                },
                "application/zip", $"attachments-{place.Uid}.zip"));
        }, cancel);

    private static async Task<IResult> SourceAsync(HttpContext http, MailReading reading, MessagePlace place, bool save, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), place.Mailbox, place.Uid, cancel) is not var (_, content))
        {
            return MailEndpoints.Gone();
        }

        await using MessageContent opened = content;
        await using Stream octets = opened.OpenRead();
        return await ExecuteAsync(http, save ? Results.Stream(octets, "message/rfc822", $"message-{place.Uid}.eml") : Results.Stream(octets, "text/plain; charset=utf-8"));
    }

    private static Task<IResult> AllowAsync(HttpContext http, MailReading reading, SenderPictures senders, MessagePlace place, CancellationToken cancel) =>
        WithAsync(http, reading, place, async (_, message) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            await senders.AllowAsync(http.Session(), message, form["allow"] != "false", cancel);
            // Whoever pressed it saw the looks, and goes on seeing them.
            return Results.LocalRedirect($"/mail/{place.Mailbox}/{place.Uid}{(http.Session().Settings.Reading.AsText ? "?view=usual" : "")}");
        }, cancel);

    private static async Task<IResult> UnsubscribeAsync(HttpContext http, MailReading reading, Unsubscribing unsubscribing, MessagePlace place, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), place.Mailbox, place.Uid, cancel) is not var (_, content))
        {
            return MailEndpoints.Gone();
        }

        await using MessageContent opened = content;
        string outcome = await unsubscribing.AskAsync(opened, cancel) ? "done" : "failed";
        return Results.LocalRedirect($"/mail/{place.Mailbox}/{place.Uid}?unsubscribed={outcome}");
    }

    private static async Task<IResult> WithAsync(
        HttpContext http, MailReading reading, MessagePlace place, Func<Message, MimeMessage, Task<IResult>> answer, CancellationToken cancel)
    {
        if (await reading.OpenAsync(http.Session(), place.Mailbox, place.Uid, cancel) is not var (row, content))
        {
            return MailEndpoints.Gone();
        }

        await using MessageContent opened = content;
        using MimeMessage message = await ShownMessage.LoadAsync(opened, cancel);
        return await answer(row, message);
    }

    private static MimeEntity? PartOf(MimeMessage message, int index) => index < 0 ? null : ShownMessage.AttachmentsOf(message).ElementAtOrDefault(index);

    private static async Task WriteAsync(MimeEntity part, Stream body, CancellationToken cancel)
    {
        if (part is MessagePart { Message: { } inner })
        {
            await inner.WriteToAsync(body, cancel);
        }
        else if (part is MimePart { Content: { } octets })
        {
            await octets.DecodeToAsync(body, cancel);
        }
    }

    /// <summary>Answers now, while what the answer reads from is open.</summary>
    private static async Task<IResult> ExecuteAsync(HttpContext http, IResult answer)
    {
        await answer.ExecuteAsync(http);
        return Results.Empty;
    }
}

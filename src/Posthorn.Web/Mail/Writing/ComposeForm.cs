using System.Globalization;
using Microsoft.AspNetCore.Http;
using MimeKit;

namespace Posthorn.Web.Mail.Writing;

/// <summary>What stands in the form of a message being written, as it was typed.</summary>
public sealed record ComposeForm
{
    public string From { get; init; } = "";

    public string To { get; init; } = "";

    public string Cc { get; init; } = "";

    public string Bcc { get; init; } = "";

    public string Subject { get; init; } = "";

    public string Text { get; init; } = "";

    /// <summary>The text with its looks, as the editor of the page has it; empty: there is only <see cref="Text"/>.</summary>
    public string Html { get; init; } = "";

    /// <summary><see cref="Html"/> is what counts (<see cref="Looks"/>).</summary>
    public bool IsRich { get; init; }

    /// <summary>When it is to leave, by the writer's clock (2026-12-01T08:00); empty: now.</summary>
    public string Later { get; init; } = "";

    /// <summary>UID in the drafts folder; null: not saved yet.</summary>
    public uint? Draft { get; init; }

    /// <summary>The message that this one answers or forwards; null: none.</summary>
    public MessagePlace? Origin { get; init; }

    public Writing Kind { get; init; }

    /// <summary>Message-ID of the answered message, without brackets.</summary>
    public string InReplyTo { get; init; } = "";

    /// <summary>Message-IDs of the conversation, a space between them.</summary>
    public string References { get; init; } = "";

    /// <summary>A file that stood in the form was gone when it was saved last.</summary>
    public bool LacksFile { get; init; }

    /// <summary>Where a file is missing, or the text mentions one and there is none: send all the same.</summary>
    public bool IsConfirmed { get; init; }

    internal static ComposeForm Of(IFormCollection form) => new()
    {
        From = Line(form, "from"),
        To = Line(form, "to"),
        Cc = Line(form, "cc"),
        Bcc = Line(form, "bcc"),
        Subject = Line(form, "subject"),
        Text = form["text"].ToString(),
        Html = form["html"].ToString(),
        IsRich = Looks.AreIn(form),
        Later = form["later"].ToString() is { Length: > 0 } chosen ? chosen : form["do"] == "later" ? form["until"].ToString() : "",
        Draft = uint.TryParse(form["draft"], NumberStyles.None, CultureInfo.InvariantCulture, out uint draft) ? draft : null,
        Origin = MessagePlace.Parse(form["origin"]),
        Kind = Enum.TryParse(form["kind"], out Writing kind) && Enum.IsDefined(kind) ? kind : Writing.New,
        InReplyTo = Line(form, "in-reply-to"),
        References = Line(form, "references"),
        LacksFile = form["lacks"] == "true",
        IsConfirmed = form["confirmed"] == "true",
    };

    /// <summary>A draft as it lies in its folder, whichever app wrote it.</summary>
    internal static ComposeForm Of(MimeMessage draft, uint uid) => new()
    {
        From = draft.From.Mailboxes.FirstOrDefault()?.Address ?? "",
        To = AddressList.InWords(draft.To),
        Cc = AddressList.InWords(draft.Cc),
        Bcc = AddressList.InWords(draft.Bcc),
        Subject = draft.Subject ?? "",
        Text = MessageText.WholeOf(draft),
        Html = RichText.Of(draft, isDraft: true),
        IsRich = MessageBody.Of(draft).HasHtml,
        Draft = uid,
        InReplyTo = draft.InReplyTo ?? "",
        References = string.Join(' ', draft.References),
    };

    // A field of a header is one line: what a form smuggles behind a line end stays text of that line.
    private static string Line(IFormCollection form, string name) => form[name].ToString().ReplaceLineEndings(" ").Trim();
}

/// <summary>How a message came to be written.</summary>
public enum Writing
{
    New,
    Reply,
    ReplyAll,
    Forward,
    ForwardAsFile,
}

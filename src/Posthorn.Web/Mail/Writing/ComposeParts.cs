using Microsoft.AspNetCore.Http;
using MimeKit;

namespace Posthorn.Web.Mail.Writing;

/// <summary>The files of a message being written. Dispose it when the message is in the store.</summary>
internal sealed class ComposeParts : IDisposable
{
    private readonly List<MimeEntity> _files = [];
    private readonly List<IDisposable> _held = [];

    public IReadOnlyList<MimeEntity> Files => _files;

    /// <summary>Those that were there before.</summary>
    public IReadOnlyList<ShownAttachment> Kept { get; private set; } = [];

    /// <summary>Files stood in the form that are not there any more.</summary>
    public bool LacksFile { get; set; }

    /// <param name="message">Whose files.</param>
    /// <param name="isDraft">What the form goes on with; else what it forwards.</param>
    /// <param name="isKept">Whether the one at this place stays.</param>
    public void Keep(MimeMessage message, bool isDraft, Func<int, bool> isKept)
    {
        _held.Add(message);
        Kept = [.. ShownMessage.FilesOf(message, isDraft).Where(file => isKept(file.Index))];
        foreach (MimeEntity file in ShownMessage.AttachmentsOf(message, isDraft).Where((_, index) => isKept(index)).ToList())
        {
            // A file here is one for everybody: what is called inline, or has a Content-ID that no HTML names, many do not show.
            file.IsAttachment = true;
            _files.Add(file);
        }
    }

    /// <summary>A message whole, as a file of another; the form offers it to be kept as the first.</summary>
    public static ShownAttachment Whole(MimeMessage message, long octets) => new(0, NameOf(message), "message/rfc822", octets, null);

    public void AddWhole(MimeMessage message, long octets)
    {
        _held.Add(message);
        Kept = [Whole(message, octets)];
        _files.Add(new MessagePart("rfc822", message) { ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = NameOf(message) } });
    }

    private static string NameOf(MimeMessage message) => ShownMessage.Harmless(message.Subject ?? "") is { Length: > 0 } subject ? subject + ".eml" : "message.eml";

    public void Add(IFormFile file)
    {
        // The type that the browser names is the sender's business; what cannot be one is a file of octets.
        ContentType type = ContentType.TryParse(file.ContentType, out ContentType? named) && !named.IsMimeType("message", "*") && !named.IsMimeType("multipart", "*")
            ? named
            : new ContentType("application", "octet-stream");
        var part = new MimePart(type.MediaType, type.MediaSubtype);
        part.ContentDisposition = new ContentDisposition(ContentDisposition.Attachment);
        string name = ShownMessage.Harmless(file.FileName);
        part.FileName = name.Length > 0 ? name : "file";
        part.ContentTransferEncoding = ContentEncoding.Base64;
        // The form's own buffer: memory first, a file when it is large.
        Stream octets = file.OpenReadStream();
        _held.Add(octets);
        part.Content = new MimeContent(octets);
        _files.Add(part);
    }

    public void Dispose()
    {
        foreach (IDisposable held in _held)
        {
            held.Dispose();
        }
    }
}

using MimeKit;

namespace Posthorn.Web.Mail.Reading;

/// <summary>What a browser can show of a file without opening it in a program of its own.</summary>
/// <param name="MediaType">From a list of ours, never the sender's word.</param>
internal sealed record FilePreview(PreviewKind Kind, string MediaType)
{
    /// <summary>Characters of a text that are shown.</summary>
    public const int MaxText = 1 << 20;

    // SVG is no picture here: it is a document with scripts of its own.
    private static readonly string[] Pictures = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

    private static readonly string[] Texts = ["text/plain", "text/csv", "text/markdown", "application/json", "text/calendar", "text/x-diff", "text/x-patch", "text/x-log"];

    /// <summary>The policy of the answer. A PDF is shown by the browser's own viewer, which no sandbox lets start; in it runs nothing that could reach this page.</summary>
    public string Policy => Kind == PreviewKind.Pdf
        ? "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        : "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    /// <summary>Null: it can only be saved.</summary>
    public static FilePreview? Of(MimeEntity part)
    {
        string type = part.ContentType.MimeType.ToLowerInvariant();
        string extension = Path.GetExtension(ShownMessage.NameOf(part, 0)).ToLowerInvariant();
        return part is not MimePart { Content: not null } ? null
            : Pictures.Contains(type) ? new FilePreview(PreviewKind.Picture, type)
            : type == "application/pdf" || (type == "application/octet-stream" && extension == ".pdf") ? new FilePreview(PreviewKind.Pdf, "application/pdf")
            : Texts.Contains(type) || (type == "application/octet-stream" && extension is ".txt" or ".log" or ".md" or ".csv") ? new FilePreview(PreviewKind.Text, "text/plain")
            : null;
    }

    public static string TextOf(MimeEntity part)
    {
        if (part is TextPart text)
        {
            return Cut(text.Text);
        }

        using var octets = new MemoryStream();
        (part as MimePart)?.Content?.DecodeTo(new BoundedStream(octets, MaxText));
        return Cut(System.Text.Encoding.UTF8.GetString(octets.GetBuffer(), 0, (int)octets.Length));
    }

    /// <summary>Names of files in one folder: a second one of the same name gets a number.</summary>
    public static IEnumerable<string> DistinctNames(IReadOnlyList<MimeEntity> parts)
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int index = 0; index < parts.Count; index++)
        {
            string name = ShownMessage.NameOf(parts[index], index), distinct = name;
            for (int number = 2; !used.Add(distinct); number++)
            {
                distinct = $"{Path.GetFileNameWithoutExtension(name)} ({number}){Path.GetExtension(name)}";
            }

            yield return distinct;
        }
    }

    private static string Cut(string text) => text.Length > MaxText ? text[..MaxText] : text;

    /// <summary>Takes the first octets and drops what follows.</summary>
    private sealed class BoundedStream(MemoryStream inner, int most) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, Math.Min(count, most - (int)inner.Length));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

public enum PreviewKind
{
    Picture,
    Pdf,
    Text,
}

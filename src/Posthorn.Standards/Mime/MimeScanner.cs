using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>
/// Finds the parts of a message in one pass over its octets, which come in windows. What a part is ends at the next line that is a
/// boundary of any multipart around it, so a missing end of an inner one does no harm; the line end before a boundary belongs to it.
/// </summary>
/// <remarks>
/// RFC 2046 §5.1.1. The stack of open parts is an array: depth costs no call stack. A multipart without a usable boundary, or whose
/// boundary never comes, is read as text/plain (RFC 2045 §5.2), so every multipart has a part.
/// </remarks>
internal sealed class MimeScanner : IDisposable
{
    /// <summary>Octets of the longest line that can be a boundary, with white space after it.</summary>
    private const int LongestBoundaryLine = 998;

    private readonly OctetBuffer _details = new(1024);
    private readonly int[] _hashes = new int[MimeLimits.Depth];
    private readonly Frame[] _frames = new Frame[MimeLimits.Depth];
    private PartRecord[] _parts = ArrayPool<PartRecord>.Shared.Rent(16);
    private int _count;
    private int _depth;
    private int _openBoundaries;
    private int _leaf = -1;
    private bool _inHeader = true;
    private bool _atLineStart = true;

    /// <summary>Octets and line ends before the window.</summary>
    private long _windowStart, _lines;

    /// <summary>The two octets before the window.</summary>
    private byte _last, _lastButOne;

    /// <summary>Takes what it can of a window; the rest must come again at the start of the next, longer one.</summary>
    /// <returns>Octets taken. Nothing is left when <paramref name="isLast"/>.</returns>
    public int Consume(ReadOnlySpan<byte> window, bool isLast)
    {
        int position = 0;
        bool goesOn = true;
        while (goesOn && (position < window.Length || (isLast && _inHeader)))
        {
            goesOn = _inHeader ? ReadHeader(window, ref position, isLast) : SkipBody(window, ref position, isLast);
        }

        if (position > 0)
        {
            _lastButOne = position > 1 ? window[position - 2] : _last;
            _last = window[position - 1];
            _windowStart += position;
        }

        return position;
    }

    /// <summary>The octets are at their end.</summary>
    public BodyStructure Complete()
    {
        CloseAbove(-1, _windowStart, _lines);
        return new BodyStructure(_details.Written.ToArray(), _parts.AsSpan(0, _count).ToArray());
    }

    public void Dispose()
    {
        _details.Dispose();
        ArrayPool<PartRecord>.Shared.Return(_parts);
        _parts = [];
    }

    /// <summary>Same end of the header as <see cref="HeaderBlock"/> finds, unless a boundary comes before it.</summary>
    private bool ReadHeader(ReadOnlySpan<byte> window, ref int position, bool isLast)
    {
        ReadOnlySpan<byte> rest = window[position..];
        int fields = 0, length = 0;
        while (true)
        {
            int lineLength = rest[fields..].IndexOf((byte)'\n') + 1;
            if (lineLength == 0)
            {
                if (!isLast && rest.Length <= MimeLimits.HeaderLength)
                {
                    return false;
                }

                lineLength = rest.Length - fields;
            }

            ReadOnlySpan<byte> line = rest.Slice(fields, lineLength);
            length = fields;
            if (HeaderBlock.IsEmptyLine(line))
            {
                length += lineLength;
                break;
            }

            bool endsBefore = line.IsEmpty
                || (_openBoundaries > 0 && FindBoundary(line, out _) >= 0)
                || (fields == 0 && !HeaderBlock.BeginsHeader(line))
                || fields + lineLength > MimeLimits.HeaderLength;
            if (endsBefore)
            {
                break;
            }

            fields += lineLength;
        }

        BeginPart(rest[..fields], _windowStart + position, length);
        _lines += rest[..length].Count((byte)'\n');
        position += length;
        SetStartOfLines();
        return true;
    }

    /// <summary>Skips to the next boundary, or to the end of the window.</summary>
    private bool SkipBody(ReadOnlySpan<byte> window, ref int position, bool isLast)
    {
        while (position < window.Length)
        {
            if (_openBoundaries == 0)
            {
                Skip(window, ref position, window.Length);
                return true;
            }

            if (_atLineStart)
            {
                Line line = LineAt(window[position..], isLast, out int length);
                if (line == Line.NeedsMore)
                {
                    return false;
                }

                if (line == Line.Dashes && FindBoundary(window.Slice(position, length), out bool closes) is var level and >= 0)
                {
                    EndAtBoundary(window, position, level, closes);
                    Skip(window, ref position, position + length);
                    return true;
                }
            }

            int next = window[position..].IndexOf("\n--"u8);
            int end = next >= 0 ? position + next + 1 : window.Length;
            // A dash at the end may begin a boundary: look again when there is more.
            end -= next < 0 && !isLast && window.EndsWith("\n-"u8) && end - 1 > position ? 1 : 0;
            Skip(window, ref position, end);
        }

        return true;
    }

    private void Skip(ReadOnlySpan<byte> window, ref int position, int end)
    {
        if (end > position)
        {
            _lines += window[position..end].Count((byte)'\n');
            _atLineStart = window[end - 1] == '\n';
            position = end;
        }
    }

    private enum Line
    {
        Other,
        Dashes,
        NeedsMore,
    }

    private static Line LineAt(ReadOnlySpan<byte> rest, bool isLast, out int length)
    {
        length = 0;
        if (!rest.StartsWith("--"u8))
        {
            return !isLast && rest is [(byte)'-'] ? Line.NeedsMore : Line.Other;
        }

        length = rest[..Math.Min(rest.Length, LongestBoundaryLine)].IndexOf((byte)'\n') + 1;
        if (length > 0)
        {
            return Line.Dashes;
        }

        length = rest.Length;
        return rest.Length >= LongestBoundaryLine ? Line.Other : isLast ? Line.Dashes : Line.NeedsMore;
    }

    /// <summary>Depth of the innermost multipart whose boundary the line is, or -1.</summary>
    private int FindBoundary(ReadOnlySpan<byte> line, out bool closes)
    {
        closes = false;
        if (!line.StartsWith("--"u8) || line.Length > LongestBoundaryLine)
        {
            return -1;
        }

        ReadOnlySpan<byte> text = line[2..].TrimEnd(" \t\r\n"u8);
        int level = FindFrame(text);
        if (level < 0 && text.EndsWith("--"u8))
        {
            closes = true;
            level = FindFrame(text[..^2]);
        }

        return level;
    }

    private int FindFrame(ReadOnlySpan<byte> boundary)
    {
        if (boundary.IsEmpty || boundary.Length > MimeLimits.BoundaryLength)
        {
            return -1;
        }

        int hash = HashOf(boundary);
        for (int below = _depth; ;)
        {
            below = _hashes.AsSpan(0, below).LastIndexOf(hash);
            if (below < 0 || _details.Written[_frames[below].Boundary].SequenceEqual(boundary))
            {
                return below;
            }
        }
    }

    /// <summary>FNV-1a, never 0: a line is compared with one boundary, not with a hundred.</summary>
    private static int HashOf(ReadOnlySpan<byte> boundary)
    {
        uint hash = 2166136261;
        foreach (byte octet in boundary)
        {
            hash = (hash ^ octet) * 16777619;
        }

        return (int)(hash | 1);
    }

    private void EndAtBoundary(ReadOnlySpan<byte> window, int position, int level, bool closes)
    {
        byte last = position > 0 ? window[position - 1] : _last;
        byte lastButOne = position > 1 ? window[position - 2] : position == 1 ? _last : _lastButOne;
        int lineEnd = last != '\n' ? 0 : lastButOne == '\r' ? 2 : 1;
        CloseAbove(level, _windowStart + position - lineEnd, _lines - (lineEnd > 0 ? 1 : 0));
        if (closes)
        {
            ForgetBoundary(level);
        }
        else if (_count >= MimeLimits.Parts)
        {
            while (level >= 0)
            {
                ForgetBoundary(level--);
            }
        }
        else
        {
            _inHeader = true;
        }
    }

    private void ForgetBoundary(int level)
    {
        if (_hashes[level] != 0)
        {
            _hashes[level] = 0;
            _openBoundaries--;
        }
    }

    /// <summary>Ends the open part and all that are deeper than <paramref name="level"/>.</summary>
    private void CloseAbove(int level, long end, long lines)
    {
        if (_leaf >= 0)
        {
            Close(_leaf, end, lines);
            _leaf = -1;
        }

        while (_depth - 1 > level)
        {
            _depth--;
            ForgetBoundary(_depth);
            Close(_frames[_depth].Part, end, lines);
        }
    }

    private void Close(int index, long end, long lines)
    {
        ref PartRecord part = ref _parts[index];
        part.End = _count;
        if (part.BodyStart > end)
        {
            // RFC 2046 §5.1.1: the line end before a boundary is the boundary's, also where it would have closed this part's header.
            part.HeaderStart = Math.Min(part.HeaderStart, end);
            part.HeaderLength = end - part.HeaderStart;
        }

        part.BodyLength = Math.Max(0, end - part.BodyStart);
        part.Lines = part.BodyLength == 0 ? 0 : Math.Max(0, lines - part.Lines);
        if (part.Kind == MediaKind.Multipart && part.End == index + 1)
        {
            // RFC 2045 §5.2: no boundary came, so the type cannot be true. People see the text rather than nothing.
            RewriteType(ref part, PartDetailsReader.RestStart(_details.Written.Slice(part.DetailsStart, part.DetailsLength)));
        }
    }

    private void RewriteType(ref PartRecord part, int rest)
    {
        int start = _details.Length;
        part.Kind = PartDetails.WriteDefault(_details, isInDigest: false);
        _details.AddCopyOf((part.DetailsStart + rest)..(part.DetailsStart + part.DetailsLength));
        (part.DetailsStart, part.DetailsLength) = (start, _details.Length - start);
    }

    private void BeginPart(ReadOnlySpan<byte> fields, long start, int headerLength)
    {
        int parent = _depth == 0 ? -1 : _frames[_depth - 1].Part;
        bool isMessage = parent >= 0 && _parts[parent].Kind == MediaKind.Message;
        int detailsStart = _details.Length;
        HeaderBlock header = HeaderBlock.OfFields(fields);
        MediaKind kind = WriteDetails(header, _depth > 0 && _frames[_depth - 1].IsDigest, isMessage, out Range boundary);
        if (_details.Length > MimeLimits.StructureLength)
        {
            _details.CutTo(detailsStart);
            kind = PartDetails.WriteOpaque(_details);
            PartDetails.WriteEmptyRest(_details);
            if (isMessage)
            {
                WriteEnvelope(HeaderBlock.OfFields([]));
            }
        }

        AddPart(new PartRecord
        {
            Kind = kind,
            Parent = parent,
            HeaderStart = start,
            HeaderLength = headerLength,
            DetailsStart = detailsStart,
            DetailsLength = _details.Length - detailsStart,
        });
        _inHeader = false;
        if (kind is MediaKind.Multipart or MediaKind.Message)
        {
            Push(kind, boundary);
        }
        else
        {
            _leaf = _count - 1;
        }
    }

    private MediaKind WriteDetails(HeaderBlock header, bool isInDigest, bool isMessage, out Range boundary)
    {
        var details = new PartDetails(header);
        byte[] scratch = ArrayPool<byte>.Shared.Rent(details.Longest);
        int start = _details.Length;
        MediaKind kind = details.WriteType(_details, isInDigest, scratch, out boundary);
        bool isTooDeep = _depth == MimeLimits.Depth || _count + 1 >= MimeLimits.Parts;
        if (kind is MediaKind.Multipart or MediaKind.Message && isTooDeep)
        {
            _details.CutTo(start);
            kind = PartDetails.WriteOpaque(_details);
        }
        else if (kind == MediaKind.Multipart && boundary.GetOffsetAndLength(_details.Length).Length is 0 or > MimeLimits.BoundaryLength)
        {
            _details.CutTo(start);
            kind = PartDetails.WriteDefault(_details, isInDigest: false);
        }

        details.WriteRest(_details, scratch);
        ArrayPool<byte>.Shared.Return(scratch);
        if (isMessage)
        {
            WriteEnvelope(header);
        }

        return kind;
    }

    private void WriteEnvelope(HeaderBlock header)
    {
        using var text = new ImapText(512);
        new MessageEnvelope(header).Write(text);
        StoredNumbers.AddNumber(_details, text.Length + 1);
        _details.Add(text.Written);
    }

    private void Push(MediaKind kind, Range boundary)
    {
        bool isMultipart = kind == MediaKind.Multipart;
        ReadOnlySpan<byte> details = _details.Written[_parts[_count - 1].DetailsStart..];
        _frames[_depth] = new Frame(_count - 1, boundary, isMultipart && Ascii.EqualsIgnoreCase(PartDetailsReader.SubtypeOf(details), "digest"u8));
        _hashes[_depth] = isMultipart ? HashOf(_details.Written[boundary]) : 0;
        _openBoundaries += isMultipart ? 1 : 0;
        _depth++;
        _inHeader = !isMultipart;
    }

    /// <summary>The body of the part just begun starts here.</summary>
    private void SetStartOfLines()
    {
        _parts[_count - 1].Lines = _lines;
        _atLineStart = true;
    }

    private void AddPart(PartRecord part)
    {
        if (_count == _parts.Length)
        {
            PartRecord[] larger = ArrayPool<PartRecord>.Shared.Rent(_count * 2);
            _parts.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<PartRecord>.Shared.Return(_parts);
            _parts = larger;
        }

        _parts[_count++] = part;
    }

    private readonly record struct Frame(int Part, Range Boundary, bool IsDigest);
}

namespace Posthorn.Standards.Mime;

/// <summary>Writes body: one part, with those inside it. Recursion is as deep as <see cref="MimeLimits.Depth"/> allows.</summary>
/// <remarks>RFC 9051 §9, <c>body</c>; the order of the fields is that of §7.5.2.</remarks>
internal readonly ref struct BodyStructureWriter(BodyStructure structure, ImapText text, bool isExtended)
{
    public void Write(int index)
    {
        text.Add((byte)'(');
        if (structure.RecordOf(index).Kind == MediaKind.Multipart)
        {
            WriteMultipart(index);
        }
        else
        {
            WritePart(index);
        }

        text.Add((byte)')');
    }

    // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    private void WriteMultipart(int index)
    {
        int end = structure.RecordOf(index).End;
        for (int child = index + 1; child < end; child = structure.RecordOf(child).End)
        {
            Write(child);
        }

        var details = new StoredReader(structure.DetailsOf(index));
        details.ReadString();
        text.Add((byte)' ');
        text.AddString(details.ReadString());
        if (isExtended)
        {
            text.Add((byte)' ');
            WriteParameters(ref details);
            details.SkipStrings(4);
            WriteDispositionLanguageLocation(ref details);
        }
    }

    // body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    private void WritePart(int index)
    {
        ref readonly PartRecord part = ref structure.RecordOf(index);
        var details = new StoredReader(structure.DetailsOf(index));
        text.AddString(details.ReadString());
        text.Add((byte)' ');
        text.AddString(details.ReadString());
        text.Add((byte)' ');
        WriteParameters(ref details);
        WriteNString(ref details);
        WriteNString(ref details);
        text.Add((byte)' ');
        text.AddString(details.ReadString());
        text.Add((byte)' ');
        text.AddNumber(part.BodyLength);
        if (part.Kind == MediaKind.Message)
        {
            text.Add((byte)' ');
            text.Add(PartDetailsReader.EnvelopeOf(structure.DetailsOf(index + 1)));
            text.Add((byte)' ');
            Write(index + 1);
        }

        if (part.Kind is MediaKind.Message or MediaKind.Text)
        {
            text.Add((byte)' ');
            text.AddNumber(part.Lines);
        }

        if (isExtended)
        {
            WriteNString(ref details);
            WriteDispositionLanguageLocation(ref details);
        }
    }

    private void WriteNString(ref StoredReader details)
    {
        ReadOnlySpan<byte> value = details.ReadString(out bool isNil);
        text.Add((byte)' ');
        text.AddStringOrNil(value, isNil);
    }

    private void WriteParameters(ref StoredReader details)
    {
        int count = details.ReadCount();
        if (count == 0)
        {
            text.Add("NIL"u8);
            return;
        }

        for (int index = 0; index < count; index++)
        {
            text.Add(index == 0 ? (byte)'(' : (byte)' ');
            text.AddString(details.ReadString());
            text.Add((byte)' ');
            text.AddString(details.ReadString());
        }

        text.Add((byte)')');
    }

    private void WriteDispositionLanguageLocation(ref StoredReader details)
    {
        ReadOnlySpan<byte> disposition = details.ReadString(out bool hasNone);
        if (hasNone)
        {
            details.SkipList(2);
            text.Add(" NIL"u8);
        }
        else
        {
            text.Add(" ("u8);
            text.AddString(disposition);
            text.Add((byte)' ');
            WriteParameters(ref details);
            text.Add((byte)')');
        }

        WriteLanguages(ref details);
        WriteNString(ref details);
    }

    // body-fld-lang = nstring / "(" string *(SP string) ")"
    private void WriteLanguages(ref StoredReader details)
    {
        int count = details.ReadCount();
        if (count == 0)
        {
            text.Add(" NIL"u8);
            return;
        }

        for (int index = 0; index < count; index++)
        {
            text.Add(index == 0 ? " ("u8 : " "u8);
            text.AddString(details.ReadString());
        }

        text.Add((byte)')');
    }
}

namespace Posthorn.Web.Security;

/// <summary>Why a form was refused, told beside the field that it is about.</summary>
public sealed record FormProblem(string Field, string Text);
